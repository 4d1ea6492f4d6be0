import type { WeightBytes } from "../../backend/backend.ts";
import { codeValues, packedLayout, packs } from "../../backend/packed.ts";
import { WeightsError } from "../../base/errors.ts";

/**
 * Codes (N, K) of one byte, and one scale per block of blockRows x blockColumns; the last blocks may be ragged. A block may
 * be a row or the whole matrix.
 */
export interface Fp8Tensor {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly codes: Uint8Array;
  /** (ceil(N / blockRows), ceil(K / blockColumns)) */
  readonly scales: Float32Array;
  readonly blockRows: number;
  readonly blockColumns: number;
}

/** The tensor as it is kept on a device, one scale per group of a row; as f32 where rows or blocks do not allow that. */
export function packFp8(tensor: Fp8Tensor): WeightBytes {
  const { name, shape, codes, blockColumns } = tensor;
  const nan = codes.findIndex((code) => (code & 0x7f) === 0x7f);
  if (nan >= 0)
    throw new WeightsError(
      "ERR_WEIGHTS_NAN",
      `${name}: expected finite weights, got NaN as number ${nan}. The checkpoint is damaged; download it again.`,
    );
  const [rows, columns] = shape;
  if (!packs(columns)) return { dtype: "f32", data: bytesOf(dequantize(tensor)) };
  const { group } = packedLayout("f8e4m3", shape);
  if (blockColumns % group !== 0) return { dtype: "f32", data: bytesOf(dequantize(tensor)) };
  const perRow = columns / group;
  const scales = new Float32Array(rows * perRow);
  for (let n = 0; n < rows; n++)
    for (let g = 0; g < perRow; g++) scales[n * perRow + g] = scaleAt(tensor, n, g * group);
  return { dtype: "f8e4m3", data: codes, scales: bytesOf(scales), group };
}

function dequantize(tensor: Fp8Tensor): Float32Array {
  const { shape, codes } = tensor;
  const values = codeValues("f8e4m3");
  const columns = shape[1];
  return Float32Array.from(codes, (code, i) => {
    const row = Math.floor(i / columns);
    return (values[code] as number) * scaleAt(tensor, row, i - row * columns);
  });
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

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
