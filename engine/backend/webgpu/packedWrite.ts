import type { WeightBytes } from "../backend.ts";
import { packedRange } from "../packed.ts";
import { isPackedBytes, weightLength, weightSlice, widen } from "../widen.ts";
import type { WebGpuTensor } from "./tensor.ts";
import { elementBytes } from "./tensorBytes.ts";
import type { TensorPart } from "./tensorPart.ts";

/** Whole words to write, and where. */
interface WordWrite {
  readonly buffer: GPUBuffer;
  readonly offsetBytes: number;
  readonly data: Uint8Array;
}

/** The writes that put a weight's checked bytes where the tensor keeps them: in its own dtype, or widened to f32. */
export function weightWrites(
  tensor: WebGpuTensor,
  offset: number,
  bytes: WeightBytes,
): readonly WordWrite[] {
  const end = offset + weightLength(bytes);
  return tensor.parts.flatMap((part) => {
    const from = Math.max(offset, part.start);
    const to = Math.min(end, part.start + part.size);
    if (from >= to) return [];
    const slice = weightSlice(bytes, from - offset, to - offset);
    return partWrites(tensor, part, from - part.start, slice);
  });
}

function partWrites(
  tensor: WebGpuTensor,
  part: TensorPart,
  offset: number,
  bytes: WeightBytes,
): readonly WordWrite[] {
  if (part.layout !== null && isPackedBytes(bytes) && bytes.dtype === tensor.dtype) {
    const { codes, scales } = packedRange(bytes.dtype, part.layout, offset, weightLength(bytes));
    return [wordWrite(part, codes[0], bytes.data), wordWrite(part, scales[0], bytes.scales)];
  }
  if (bytes.dtype === tensor.dtype)
    return [wordWrite(part, offset * elementBytes(tensor.dtype), bytes.data)];
  const widened = new Float32Array(weightLength(bytes));
  widen(bytes, widened, 0);
  const { buffer } = part;
  return [{ buffer, offsetBytes: offset * 4, data: new Uint8Array(widened.buffer) }];
}

/**
 * Turns bytes at any place into a write of whole 32-bit words, as WebGPU wants. A word that this write fills only in
 * part stays known to the tensor, so that its neighbours' writes can complete it.
 */
function wordWrite(part: TensorPart, offsetBytes: number, data: Uint8Array): WordWrite {
  const { buffer, partWords } = part;
  if (offsetBytes % 4 === 0 && data.length % 4 === 0) return { buffer, offsetBytes, data };
  const firstWord = Math.floor(offsetBytes / 4);
  const endWord = Math.ceil((offsetBytes + data.length) / 4);
  const words = new Uint8Array((endWord - firstWord) * 4);
  const edges = new Set([firstWord, endWord - 1]);
  const view = new DataView(words.buffer);
  for (const word of edges) view.setUint32((word - firstWord) * 4, partWords.get(word) ?? 0, true);
  words.set(data, offsetBytes - firstWord * 4);
  for (const word of edges) partWords.set(word, view.getUint32((word - firstWord) * 4, true));
  return { buffer, offsetBytes: firstWord * 4, data: words };
}
