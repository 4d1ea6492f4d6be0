/**
 * Bytes of numbers of four bytes, sorted by their place in the number: signs and exponents, which are alike, come to lie side by
 * side, and gzip finds them. Other lengths stay as they are.
 */
export function toPlanes(bytes: Uint8Array): Uint8Array {
  const n = bytes.length / 4;
  if (!Number.isInteger(n)) return bytes;
  const planes = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) planes[(i % 4) * n + (i >> 2)] = bytes[i] ?? 0;
  return planes;
}

/** The bytes that `toPlanes` was given. */
export function fromPlanes(planes: Uint8Array): Uint8Array<ArrayBuffer> {
  const n = planes.length / 4;
  if (!Number.isInteger(n)) return planes.slice();
  const bytes = new Uint8Array(planes.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = planes[(i % 4) * n + (i >> 2)] ?? 0;
  return bytes;
}
