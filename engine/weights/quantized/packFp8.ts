import type { WeightBytes } from "../../backend/backend.ts";
import { codeValues, packedLayout, packs } from "../../backend/packed.ts";
import { WeightsError } from "../../base/errors.ts";
import type { ChunkRoom } from "../chunkRoom.ts";

/**
 * A matrix (N, K) of codes of one byte, and one scale per block of blockRows x blockColumns; the last blocks may be ragged. A
 * block may be a row or the whole matrix.
 */
export interface Fp8Tensor {
  readonly name: string;
  readonly shape: readonly [number, number];
  /** (ceil(N / blockRows), ceil(K / blockColumns)) */
  readonly scales: Float32Array;
  readonly blockRows: number;
  readonly blockColumns: number;
}

/** Can a device keep the tensor with one scale per group of a row? */
export function keepsFp8({ shape, blockColumns }: Omit<Fp8Tensor, "name" | "scales">): boolean {
  return packs("f8e4m3", shape[1]) && blockColumns % packedLayout("f8e4m3", shape).group === 0;
}

/**
 * Rows of the tensor as they are kept on a device, or as f32 where rows or blocks do not allow that.
 * @param codes of whole rows, from `firstRow` on
 * @throws WeightsError ERR_WEIGHTS_NAN
 */
export function packFp8(
  tensor: Fp8Tensor,
  codes: Uint8Array,
  firstRow: number,
  room: ChunkRoom,
): WeightBytes {
  const { name, shape } = tensor;
  const columns = shape[1];
  for (let i = 0; i < codes.length; i++)
    if (((codes[i] as number) & 0x7f) === 0x7f)
      throw new WeightsError(
        "ERR_WEIGHTS_NAN",
        `${name}: expected finite weights, got NaN as number ${firstRow * columns + i}. The checkpoint is damaged; download it again.`,
      );
  const rows = codes.length / columns;
  const isPacked = keepsFp8(tensor);
  const group = isPacked ? packedLayout("f8e4m3", shape).group : 1;
  const perRow = columns / group;
  const floats = room.take("floats", 4 * rows * perRow);
  const out = new Float32Array(floats.buffer, 0, rows * perRow);
  for (let n = 0; n < rows; n++)
    for (let g = 0; g < perRow; g++) out[n * perRow + g] = scaleAt(tensor, firstRow + n, g * group);
  if (isPacked) return { dtype: "f8e4m3", data: codes, scales: floats, group };
  const values = codeValues("f8e4m3");
  for (let i = 0; i < out.length; i++)
    out[i] = (values[codes[i] as number] as number) * (out[i] as number);
  return { dtype: "f32", data: floats };
}

/** By the block's size, never by rows per scale: 192 rows in blocks of 128 have scales for 128 and for 64 of them. */
function scaleAt(
  { shape, scales, blockRows, blockColumns }: Fp8Tensor,
  n: number,
  k: number,
): number {
  const perRow = Math.ceil(shape[1] / blockColumns);
  return scales[Math.floor(n / blockRows) * perRow + Math.floor(k / blockColumns)] as number;
}
