/** 4-bit codes: the low halves of `length` bytes, then the high ones. */
export function halfBytes(
  data: Uint8Array,
  at: number,
  length: 16 | 32,
  codes: Int8Array,
  to: number,
): void {
  for (let i = 0; i < length; i++) {
    const byte = data[at + i] as number;
    codes[to + i] = byte & 15;
    codes[to + length + i] = byte >> 4;
  }
}

/** Fifth bits of 32 codes, one after the other from the lowest of four bytes. */
export function addFifthBits(data: Uint8Array, at: number, codes: Int8Array, to: number): void {
  for (let i = 0; i < 32; i++)
    codes[to + i] =
      (codes[to + i] as number) | ((((data[at + (i >> 3)] as number) >> (i & 7)) & 1) << 4);
}
