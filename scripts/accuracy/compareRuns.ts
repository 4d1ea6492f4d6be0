import type { Run } from "../../engine/index.ts";
import { maxDifference } from "./siteErrors.ts";

/** How far two runs of one model are from each other at one site. */
export interface SiteGap {
  readonly site: string;
  /** Largest |difference|. */
  readonly difference: number;
  /** Largest finite |value| that the second run has there, at least 1e-3; 1 where the site holds choices. */
  readonly scale: number;
  /** Are the values choices (of experts, of keys), which must be equal? */
  readonly isChoice: boolean;
}

/** Every site, in the order of the forward pass. Both runs should have captured everything. */
export async function* compareRuns(run: Run, oracle: Run): AsyncGenerator<SiteGap> {
  for (const { name: site, dtype } of run.sites()) {
    const [got, wanted] = [await run.get(site), await oracle.get(site)];
    if (got.shape.join() !== wanted.shape.join())
      throw new Error(`${site}: expected shape (${wanted.shape}), got (${got.shape})`);
    const isChoice = dtype === "i32";
    const scale = isChoice ? 1 : Math.max(largest(wanted.data), 1e-3);
    yield { site, difference: maxDifference(got.data, wanted.data), scale, isChoice };
  }
}

/** The first site at which the runs differ by more than `tolerance` of the scale, or in a choice. */
export async function firstGap(run: Run, oracle: Run, tolerance: number): Promise<SiteGap | null> {
  for await (const gap of compareRuns(run, oracle))
    if (gap.difference > (gap.isChoice ? 0 : tolerance * gap.scale)) return gap;
  return null;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}
