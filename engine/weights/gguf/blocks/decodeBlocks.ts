import { WeightsError } from "../../../base/errors.ts";
import { type BlockReader, emptyParts } from "./blockReader.ts";

/**
 * The numbers that blocks stand for, in ggml's order of operations and therefore with its bits.
 * @param data whole blocks
 * @returns (blocks * size) f32
 * @throws WeightsError ERR_WEIGHTS_NAN for a scale that is not finite
 */
export function decodeBlocks(name: string, reader: BlockReader, data: Uint8Array): Float32Array {
  const { size, bytes, group } = reader;
  const count = Math.floor(data.length / bytes);
  const out = new Float32Array(count * size);
  const parts = emptyParts(reader);
  const { codes, scales, minima } = parts;
  for (let block = 0; block < count; block++) {
    reader.read(data, block * bytes, parts);
    if (!Number.isFinite(parts.d) || !Number.isFinite(parts.dmin)) throw notFinite(name, block);
    const start = block * size;
    for (let g = 0; g < scales.length; g++) {
      const scale = parts.d * (scales[g] as number);
      const minimum = parts.dmin * (minima[g] as number);
      for (let i = g * group; i < (g + 1) * group; i++)
        out[start + i] = scale * (codes[i] as number) - minimum;
    }
  }
  return out;
}

export function notFinite(name: string, block: number): WeightsError {
  return new WeightsError(
    "ERR_WEIGHTS_NAN",
    `${name}: expected finite scales, got another in block ${block}. The file is damaged, or was quantised from weights that are not finite; take another file of this model.`,
  );
}
