import type { Run } from "../../engine/index.ts";
import type { Golden } from "./golden.ts";

/** Largest |difference| from transformers that a site may show; why FP8 may show more: docs/accuracy.md. */
function toleranceOf(site: string, format: string): number {
  if (/_indices$/.test(site)) return 0;
  if (site.endsWith("hook_pattern")) return format.startsWith("FP8") ? 2e-5 : 1e-5;
  return site.endsWith("logits") ? 1e-4 : 1e-3;
}

export interface SiteError {
  readonly site: string;
  /** Largest |difference|. */
  readonly difference: number;
  readonly tolerance: number;
}

/** How far a run is from transformers at every site that was written down, in the order of the forward pass. */
export async function siteErrors(run: Run, golden: Golden, format: string): Promise<SiteError[]> {
  const names = run.sites().map(({ name }) => name);
  const errors: SiteError[] = [];
  for (const site of names.filter((name) => golden.sites.has(name))) {
    const wanted = golden.sites.get(site);
    const got = await run.get(site);
    if (wanted === undefined || got.shape.join() !== wanted.shape.join())
      throw new Error(`${site}: expected shape (${wanted?.shape}), got (${got.shape})`);
    const values = site.endsWith("hook_expert_indices") ? sortRows(got.data, got.shape) : got.data;
    const difference = maxDifference(values, wanted.data);
    errors.push({ site, difference, tolerance: toleranceOf(site, format) });
  }
  if (errors.length < golden.sites.size)
    throw new Error(`expected the sites ${[...golden.sites.keys()]}, got ${names}`);
  return errors;
}

/** Largest |a - b|; equal infinities count as equal, NaN as infinitely far. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** A token's experts stand in descending weight, where rounding may swap two that weigh the same. */
function sortRows(data: ArrayLike<number>, shape: readonly number[]): number[] {
  const width = shape.at(-1) ?? 1;
  const rows = Array.from({ length: data.length / width }, (_, row) =>
    Array.from({ length: width }, (_, j) => data[row * width + j] as number),
  );
  return rows.flatMap((row) => row.sort((a, b) => a - b));
}
