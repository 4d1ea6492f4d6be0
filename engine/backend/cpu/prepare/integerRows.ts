/** Bytes of a row in whole numbers; see wasm/integerRows.ts. */
export function integerRowBytes(k: number, limbs: number): number {
  return 2 * limbs * k + (8 + 8 * limbs) * Math.floor(k / 32);
}
