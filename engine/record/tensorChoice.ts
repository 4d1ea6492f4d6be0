import type { Site } from "../plan/sites/site.ts";
import { isComputed } from "./isComputed.ts";
import type { TensorSizes } from "./tensorSizes.ts";

/** Tensors that were chosen so far for a record. */
export class TensorChoice {
  readonly values = new Set<string>();
  readonly whole = new Set<Site>();
  readonly sites = new Set<Site>();
  readonly logits = new Set<number>();
  readonly #sizes: TensorSizes;

  constructor(sizes: TensorSizes) {
    this.#sizes = sizes;
  }

  add(site: Site): void {
    if (site.source.kind === "logits")
      for (let t = 0; t < this.#sizes.nTokens; t++) this.logits.add(t);
    else if (isComputed(site)) this.whole.add(site);
    else {
      this.sites.add(site);
      for (const value of site.needs) this.values.add(value);
    }
  }

  /** A choice of these sites besides. */
  with(sites: readonly Site[]): TensorChoice {
    const more = new TensorChoice(this.#sizes);
    more.take(this);
    for (const site of sites) more.add(site);
    return more;
  }

  take(other: TensorChoice): void {
    for (const value of other.values) this.values.add(value);
    for (const site of other.whole) this.whole.add(site);
    for (const site of other.sites) this.sites.add(site);
    for (const position of other.logits) this.logits.add(position);
  }

  bytes(): number {
    let bytes = this.logits.size * this.#sizes.logitRow;
    for (const value of this.values) bytes += this.#sizes.ofValue(value);
    for (const site of this.whole) bytes += this.#sizes.ofSite(site);
    for (const site of this.sites) bytes += this.#sizes.ofAbsorbed(site);
    return bytes;
  }
}
