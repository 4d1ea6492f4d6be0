/** Where whole numbers of `bits` bits stand one behind the other, lowest bits first, in words of 32 bits. */
export interface BitFields {
  readonly words: Uint32Array;
  readonly bits: number;
}

/**
 * Number `i` of those that start at word `start` and go on every `stride` words; it may lie in two words.
 * @returns 0 to 2^bits - 1
 */
export function bitField({ words, bits }: BitFields, start: number, stride: number, i: number) {
  const bit = i * bits;
  const word = start + (bit >>> 5) * stride;
  const shift = bit & 31;
  let value = (words[word] as number) >>> shift;
  if (shift + bits > 32) value |= (words[word + stride] as number) << (32 - shift);
  return value & ((1 << bits) - 1);
}
