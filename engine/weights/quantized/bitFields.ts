/** Where whole numbers of `bits` bits stand one behind the other, lowest bits first, in words of 32 bits. */
export interface BitFields {
  readonly words: Uint32Array;
  readonly bits: number;
  /** Word that the first of them starts in. */
  readonly start: number;
  /** Words from each to the next. */
  readonly stride: number;
}

/** Fills `out` from `at` on with the first `count` numbers, each from 0 to 2^bits - 1; one may lie in two words. */
export function unpackFields(
  { words, bits, start, stride }: BitFields,
  out: Uint8Array,
  at: number,
  count: number,
): void {
  const mask = (1 << bits) - 1;
  let word = start;
  let shift = 0;
  for (let i = at; i < at + count; i++) {
    let value = (words[word] as number) >>> shift;
    if (shift + bits > 32) value |= (words[word + stride] as number) << (32 - shift);
    out[i] = value & mask;
    shift += bits;
    if (shift >= 32) {
      shift -= 32;
      word += stride;
    }
  }
}
