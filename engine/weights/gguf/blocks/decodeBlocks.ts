import { WeightsError } from "../../../base/errors.ts";
import { type BlockReader, emptyParts } from "./blockReader.ts";

/** Elements that are taken apart together: their parts stay in the first-level cache. */
const AT_ONCE = 8192;

/**
 * The numbers that blocks stand for, in ggml's order of operations and therefore with its bits.
 * @param data whole blocks
 * @param before blocks of the tensor before the first one, for messages
 * @param out (blocks * size)
 * @throws WeightsError ERR_WEIGHTS_NAN for a scale that is not finite
 */
export function decodeBlocks(
  name: string,
  reader: BlockReader,
  data: Uint8Array,
  before: number,
  out: Float32Array,
): void {
  const { size, bytes, group } = reader;
  const count = Math.floor(data.length / bytes);
  const most = Math.min(count, AT_ONCE / size);
  const parts = emptyParts(reader, most);
  const { codes, scales, minima, d, dmin } = parts;
  const groups = size / group;
  for (let first = 0; first < count; first += most) {
    const here = Math.min(most, count - first);
    reader.read(data, first * bytes, here, parts);
    for (let block = 0; block < here; block++) {
      const [factor, least] = [d[block] as number, dmin[block] as number];
      if (!Number.isFinite(factor) || !Number.isFinite(least))
        throw notFinite(name, before + first + block);
      for (let g = block * groups; g < (block + 1) * groups; g++) {
        const scale = factor * (scales[g] as number);
        const minimum = least * (minima[g] as number);
        const start = first * size;
        for (let i = g * group; i < (g + 1) * group; i++)
          out[start + i] = scale * (codes[i] as number) - minimum;
      }
    }
  }
}

export function notFinite(name: string, block: number): WeightsError {
  return new WeightsError(
    "ERR_WEIGHTS_NAN",
    `${name}: expected finite scales, got another in block ${block}. The file is damaged, or was quantised from weights that are not finite; take another file of this model.`,
  );
}
