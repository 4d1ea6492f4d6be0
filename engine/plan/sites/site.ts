/** An axis of a site: a size, or T tokens of the run, or S keys (equal to T: a run starts at position 0). */
export type SiteAxis = number | "T" | "S";

/** What a user sees of a site. */
export interface SiteInfo {
  readonly name: string;
  /** Letters of the axes, e.g. ["T", "M"]; see Tensor. */
  readonly dims: readonly string[];
  readonly shape: readonly SiteAxis[];
  /** As read on the host; the reference backend gives f64 for f32. */
  readonly dtype: "f32" | "i32";
  /** One sentence: what it is and where it stands relative to norms, mask, bias and scale. */
  readonly meaning: string;
  /**
   * In a run that keeps what it does by default: kept; recomputed from what is kept; captured if asked for when running, else by a
   * replay.
   */
  readonly availability: "kept" | "recomputed" | "captured";
}

/**
 * Where the numbers come from. logits: on the host, as far as they were read. stored: rows of one plan value, or some columns of them.
 * pattern and scores: attention tiles. The others are computed from stored values.
 */
export type SiteSource =
  | { readonly kind: "logits" }
  | {
      readonly kind: "stored";
      readonly value: string;
      /** [first, count) of the flattened row; absent: the whole row. */
      readonly columns?: readonly [number, number];
    }
  | { readonly kind: "pattern" | "scores"; readonly layer: number }
  | { readonly kind: "latentKey" | "latentValue" | "unrotatedLatentKey"; readonly layer: number }
  | { readonly kind: "rotatedQuery"; readonly layer: number }
  | { readonly kind: "headResult"; readonly layer: number }
  /** Of a norm that reads a stored value. */
  | { readonly kind: "normScale"; readonly value: string };

export interface Site extends SiteInfo {
  readonly source: SiteSource;
  /** Plan values the source reads; those that no run keeps must be captured. */
  readonly needs: readonly string[];
}

/** What a user sees of it. */
export function siteInfo({ name, dims, shape, dtype, meaning, availability }: Site): SiteInfo {
  return { name, dims, shape, dtype, meaning, availability };
}
