import type { Checkpoint } from "../weights/checkpoint.ts";

/** Bytes of two tensors that are compared at once. */
const PIECE_BYTES = 8 << 20;

/** Is there a tensor `own`, and is it another than `shared`, bit for bit? */
export async function differs(
  checkpoint: Checkpoint,
  own: string,
  shared: string,
): Promise<boolean> {
  const [a, b] = [checkpoint.tensors.get(own), checkpoint.tensors.get(shared)];
  if (a === undefined) return false;
  if (a.dtype !== b?.dtype || a.byteLength !== b.byteLength) return true;
  for (let start = 0; start < a.byteLength; start += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, a.byteLength - start);
    const pieces = [own, shared].map((name) => checkpoint.readRange(name, start, length));
    const [x, y] = await Promise.all(pieces);
    if (!sameBytes(x as Uint8Array<ArrayBuffer>, y as Uint8Array<ArrayBuffer>)) return true;
  }
  return false;
}

/** Both stand at the start of a buffer, whose length a multiple of four need not be. */
function sameBytes(x: Uint8Array<ArrayBuffer>, y: Uint8Array<ArrayBuffer>): boolean {
  const whole = x.length >> 2;
  const [a, b] = [new Uint32Array(x.buffer, 0, whole), new Uint32Array(y.buffer, 0, whole)];
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  for (let i = 4 * whole; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
