import { AbortedError } from "../base/errors.ts";
import { partsOf, type Run } from "../look/run.ts";
import { isDraftValue } from "../plan/planMtp.ts";
import type { Site } from "../plan/sites/site.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { Parting } from "../trace/schema.ts";

/**
 * The first site, in the order of the forward pass, at which two runs of as many tokens part: what blocks leave is held together first, then
 * the sites of the first block that leaves something else. Maps of attention are passed over, and what a record does not have; what
 * maps mix, hook_z, is not.
 * @param tolerance the largest difference that counts for none; 0: any other bit parts
 * @throws AbortedError ERR_ABORTED between two sites
 */
export async function firstParting(
  a: Run,
  b: Run,
  tolerance: number,
  signal: AbortSignal | undefined,
): Promise<Parting | null> {
  const partingOf = (site: string) => {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    return partingAt(a, b, site, tolerance);
  };
  const sites = commonSites(a, b);
  const names = (chosen: readonly Site[]) => chosen.map(({ name }) => name);
  const watch = signal && { signal };
  const borders = sites.filter(({ name }) => BORDERS.test(name));
  await Promise.all([a, b].map((run) => run.capture(names(borders), watch)));
  for (const border of borders) {
    const parting = await partingOf(border.name);
    if (parting === null) continue;
    const [, block] = /^(blocks\.\d+\.)/.exec(border.name) ?? [];
    if (block === undefined) return parting;
    const within = sites.filter(({ name }) => name.startsWith(block));
    await Promise.all([a, b].map((run) => run.capture(names(within), watch)));
    for (const { name } of within) {
      const earlier = await partingOf(name);
      if (earlier !== null) return earlier;
    }
    return parting;
  }
  return null;
}

const BORDERS = /^(hook_embed|blocks\.\d+\.hook_(resid|streams)_post|ln_final\.hook_normalized)$/;

/** Those with a row for each token that both runs have in one shape; of a record what is in it. */
function commonSites(a: Run, b: Run): Site[] {
  const others = new Map(partsOf(b).catalog.map((site) => [site.name, site.shape.join()]));
  const lacking = new Set(
    [a, b].flatMap((run) =>
      run.sites().flatMap(({ name, state }) => (state === "unrecorded" ? [name] : [])),
    ),
  );
  return partsOf(a).catalog.filter(
    ({ name, shape, dims, source }) =>
      others.get(name) === shape.join() &&
      !lacking.has(name) &&
      dims[0] === "T" &&
      !dims.includes("S") &&
      source.kind !== "logits" &&
      !isDraftValue(name),
  );
}

async function partingAt(a: Run, b: Run, site: string, tolerance: number): Promise<Parting | null> {
  const [ofA, ofB] = await Promise.all([a.get(site), b.get(site)]);
  const nTokens = ofA.shape[0] ?? 0;
  const size = ofA.data.length / nTokens;
  for (let position = 0; position < nTokens; position++) {
    const difference = largestDifference(ofA.data, ofB.data, position * size, size);
    if (difference > tolerance) return { site, position, difference };
  }
  return null;
}

/** Infinity where one of two numbers is NaN or infinite. */
function largestDifference(a: HostArray, b: HostArray, start: number, count: number): number {
  let most = 0;
  for (let i = start; i < start + count; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const difference = Math.abs(x - y);
    most = Math.max(most, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return most;
}
