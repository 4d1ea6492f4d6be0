const MULTIPLIER = 0x5bd1e995;

/**
 * MurmurHash2 of the UTF-8 bytes of a text, by which front ends and kernels agree on what a cell's file is called.
 * @param seed unsigned 32-bit
 * @returns unsigned 32-bit
 * @see https://github.com/aappleby/smhasher
 */
export function murmur2(text: string, seed: number): number {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeWords = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let offset = 0; offset < wholeWords; offset += 4) {
    let word = Math.imul(view.getUint32(offset, true), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (wholeWords < bytes.length) {
    for (let offset = wholeWords; offset < bytes.length; offset++) {
      hash ^= (bytes[offset] ?? 0) << (8 * (offset - wholeWords));
    }
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) >>> 0;
}
