import assert from "node:assert/strict";
import type { Run, Tensor } from "../../engine/index.ts";

/** Largest |a - b|; equal infinities count as equal, NaN as infinitely far. */
function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

export function assertClose(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  limit: number,
  what: string,
) {
  const difference = maxDifference(a, b);
  assert.ok(difference < limit, `${what}: max |difference| ${difference}, allowed ${limit}`);
}

/** Equal bit for bit, NaN and the sign of zero included. */
export function assertSameBits(a: Tensor, b: Tensor, what: string) {
  assert.deepEqual(a.shape, b.shape, what);
  const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  assert.ok(bytes(a).equals(bytes(b)), `${what}: the bits differ`);
}

/**
 * The first site, in the order of the forward pass, at which two runs differ by more than `tolerance` of the largest value
 * there; null if there is none. Both runs should have captured everything.
 */
export async function firstDivergingSite(
  run: Run,
  oracle: Run,
  tolerance: number,
): Promise<string | null> {
  const sites = run.sites();
  assert.ok(sites.length > 20, "there are sites to compare");
  for (const { name, dtype } of sites) {
    const [got, wanted] = [await run.get(name), await oracle.get(name)];
    assert.deepEqual(got.shape, wanted.shape, name);
    const scale = [...wanted.data].reduce(
      (max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max),
      0,
    );
    const limit = dtype === "i32" ? 0 : tolerance * Math.max(scale, 1e-3);
    const difference = maxDifference(got.data, wanted.data);
    if (difference > limit)
      return `${name}: max |difference| ${difference}, allowed ${limit} at scale ${scale}`;
  }
  return null;
}
