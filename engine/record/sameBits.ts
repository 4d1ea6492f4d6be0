import type { HostArray } from "../tensor/tensor.ts";

/** The first place where two arrays differ in a bit; -1 where none does. Of different types numbers are compared. */
export function firstDifference(a: HostArray, b: HostArray): number {
  const n = Math.max(a.length, b.length);
  const [x, y] = a.constructor === b.constructor ? [words(a), words(b)] : [a, b];
  const perNumber = x.length / Math.max(1, a.length);
  for (let i = 0; i < n * perNumber; i++)
    if (!Object.is(x[i], y[i])) return Math.floor(i / perNumber);
  return -1;
}

function words(array: HostArray): Int32Array {
  const { buffer, byteOffset, byteLength } = array;
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}
