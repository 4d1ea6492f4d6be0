import assert from "node:assert/strict";
import type { Run, Tensor } from "../../engine/index.ts";
import { firstGap } from "../../scripts/accuracy/compareRuns.ts";
import type { Golden } from "../../scripts/accuracy/golden.ts";
import { maxDifference, siteErrors } from "../../scripts/accuracy/siteErrors.ts";

export function assertClose(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  limit: number,
  what: string,
) {
  assert.equal(a.length, b.length, what);
  const difference = maxDifference(a, b);
  assert.ok(difference < limit, `${what}: max |difference| ${difference}, allowed ${limit}`);
}

/** Equal bit for bit, NaN and the sign of zero included. */
export function assertSameBits(a: Tensor, b: Tensor, what: string) {
  assert.deepEqual(a.shape, b.shape, what);
  const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  assert.ok(bytes(a).equals(bytes(b)), `${what}: the bits differ`);
}

/** Share of a site's largest value by which float32 may differ from float64. */
const ROUNDING = 1e-4;

/**
 * The first site, in the order of the forward pass, at which two runs differ by more than rounding explains; null if there
 * is none. Both runs should have captured everything.
 */
export async function firstDivergingSite(run: Run, oracle: Run): Promise<string | null> {
  assert.ok(run.sites().length > 20, "there are sites to compare");
  const gap = await firstGap(run, oracle, ROUNDING);
  if (gap === null) return null;
  const { site, difference, scale } = gap;
  return `${site}: max |difference| ${difference} at scale ${scale}`;
}

/**
 * Fails with the first site at which a run is further from transformers than allowed, with what the difference there is in
 * float64 (one that does not shrink is no rounding), and with the first of all sites that leaves float64.
 * @param inFloat64 the same model and input on the reference backend, everything captured
 */
export async function assertGolden(
  run: Run,
  golden: Golden,
  format: string,
  inFloat64: () => Promise<Run>,
): Promise<void> {
  const errors = await siteErrors(run, golden, format);
  const wrong = errors.find(({ difference, tolerance }) => !(difference <= tolerance));
  if (wrong === undefined) return;
  const { site, difference, tolerance } = wrong;
  const oracle = await inFloat64();
  const exact = (await siteErrors(oracle, golden, format)).find((error) => error.site === site);
  const left = await firstDivergingSite(run, oracle);
  assert.fail(
    `${site} is the first site to leave transformers: max |difference| ${difference}, allowed ${tolerance}; ` +
      `the same difference in float64: ${exact?.difference}. ` +
      `First site to leave float64: ${left ?? "none"}`,
  );
}
