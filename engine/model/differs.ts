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
    if (x?.some((byte, i) => byte !== y?.[i])) return true;
  }
  return false;
}
