import { halfToNumber } from "../../engine/backend/halfValues.ts";
import { FORMATS, type RandomBytes, type SyntheticFormat } from "./randomWeights.ts";
import type { SyntheticTensor } from "./shapes.ts";

const PIECE_BLOCKS = 1 << 15;

export function elements({ shape }: SyntheticTensor): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** A tensor's blocks, some at a time; the bytes are good until the next ones are asked for. */
export function* randomBlocks(
  tensor: SyntheticTensor,
  { block, bytes, settle }: SyntheticFormat,
  random: RandomBytes,
): Generator<Uint8Array> {
  const count = elements(tensor) / block;
  const words = new Uint32Array((Math.min(PIECE_BLOCKS, count) * bytes + 3) >> 2);
  const data = new Uint8Array(words.buffer);
  for (let from = 0; from < count; from += PIECE_BLOCKS) {
    const here = Math.min(PIECE_BLOCKS, count - from);
    random.fill(words);
    for (let i = 0; i < here; i++) settle(data, i * bytes);
    yield data.subarray(0, here * bytes);
  }
}

/** Norms near 1; biases and routers as other weights. */
export function randomFloats(tensor: SyntheticTensor, random: RandomBytes): Float32Array {
  const words = new Uint32Array(elements(tensor));
  random.fill(words);
  const centre = tensor.gguf.includes("norm") ? 1 : 0;
  return Float32Array.from(words, (word) => centre + 0.02 * (word / 2 ** 31 - 1));
}

/** The codes of a tensor in Q8_0 without its scales, which are all the same. */
export function randomCodes(tensor: SyntheticTensor, random: RandomBytes): Int8Array {
  const { block, bytes } = FORMATS.q8_0;
  const codes = new Int8Array(elements(tensor));
  let at = 0;
  for (const piece of randomBlocks(tensor, FORMATS.q8_0, random))
    for (let end = bytes; end <= piece.length; end += bytes, at += block)
      codes.set(piece.subarray(end - block, end), at);
  return codes;
}

/** The scale of all blocks of Q8_0. */
export function codeScale(): number {
  const block = new Uint8Array(FORMATS.q8_0.bytes);
  FORMATS.q8_0.settle(block, 0);
  return halfToNumber(new DataView(block.buffer).getUint16(0, true));
}
