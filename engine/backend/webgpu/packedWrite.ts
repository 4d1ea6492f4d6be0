import { ShapeError } from "../../errors.ts";
import type { WeightBytes } from "../backend.ts";
import { weightLength, widen } from "../widen.ts";
import type { WebGpuTensor } from "./tensor.ts";

/** Whole words to write, and where. */
export interface WordWrite {
  readonly offsetBytes: number;
  readonly data: Uint8Array;
}

/**
 * Turns 16-bit elements at any offset into a write of whole 32-bit words, as WebGPU wants. A word that this write
 * fills only half stays known to the tensor, so that its neighbour's write can complete it.
 */
export function packWords(tensor: WebGpuTensor, offset: number, data: Uint8Array): WordWrite {
  const count = data.length / 2;
  const firstWord = offset >> 1;
  const endWord = (offset + count + 1) >> 1;
  if (offset % 2 === 0 && count % 2 === 0) return { offsetBytes: offset * 2, data };

  const words = new Uint8Array((endWord - firstWord) * 4);
  for (const word of new Set([firstWord, endWord - 1])) restore(tensor, word, firstWord, words);
  words.set(data, (offset - firstWord * 2) * 2);
  for (const word of new Set([firstWord, endWord - 1])) remember(tensor, word, firstWord, words);
  return { offsetBytes: firstWord * 4, data: words };
}

function restore(tensor: WebGpuTensor, word: number, firstWord: number, into: Uint8Array): void {
  view(into).setUint32((word - firstWord) * 4, tensor.halfWords.get(word) ?? 0, true);
}

function remember(tensor: WebGpuTensor, word: number, firstWord: number, from: Uint8Array): void {
  tensor.halfWords.set(word, view(from).getUint32((word - firstWord) * 4, true));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Checkpoint bytes as the tensor keeps them: the same dtype, or widened exactly to f32. */
export function asStored(tensor: WebGpuTensor, bytes: WeightBytes): Uint8Array {
  if (bytes.dtype === tensor.dtype) return bytes.data;
  if (tensor.dtype === "f32") {
    const widened = new Float32Array(weightLength(bytes));
    widen(bytes, widened, 0);
    return new Uint8Array(widened.buffer);
  }
  throw new ShapeError(
    "ERR_DTYPE",
    `writeWeight: expected ${tensor.dtype} bytes for ${tensor.label}, got ${bytes.dtype}. Allocate the weight with the checkpoint's dtype.`,
  );
}
