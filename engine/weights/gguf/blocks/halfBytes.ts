/** 4-bit codes of a block of 32: the low halves of 16 bytes, then the high ones. */
export function halfBytes(data: Uint8Array, at: number, codes: Int8Array, to = 0): void {
  for (let i = 0; i < 16; i++) {
    const byte = data[at + i] as number;
    codes[to + i] = byte & 15;
    codes[to + 16 + i] = byte >> 4;
  }
}

/** Fifth bits of 32 codes, one after the other from the lowest of four bytes. */
export function addFifthBits(data: Uint8Array, at: number, codes: Int8Array): void {
  for (let i = 0; i < 32; i++)
    codes[i] = (codes[i] as number) | ((((data[at + (i >> 3)] as number) >> (i & 7)) & 1) << 4);
}
