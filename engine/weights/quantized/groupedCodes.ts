import type { WeightBytes } from "../../backend/backend.ts";
import { codeValues, packedLayout, packs } from "../../backend/packed.ts";
import type { ChunkRoom } from "../chunkRoom.ts";
import { f16Bits } from "../roundFloat.ts";
import type { ScaleDType } from "./readScales.ts";

/**
 * What belongs to the codes of a matrix of whole numbers with a scale and a zero for every group of a row's elements: element
 * (n, k) is (code - zero) scale, one float32 product. What GPTQ, AWQ and the integers of compressed-tensors come to.
 */
export interface GroupedCodes {
  /** (N, K) */
  readonly shape: readonly [rows: number, columns: number];
  /** (N, G), in units of codes. */
  readonly zeros: Int16Array;
  /** (N, G) */
  readonly scales: Float32Array;
  /** The group of each column, (K). */
  readonly groups: Uint32Array;
}

/** What is known of grouped codes before they are read. */
export interface GroupedForm {
  readonly shape: readonly [rows: number, columns: number];
  readonly bits: number;
  /** Every zero is 2^(bits - 1). */
  readonly symmetric: boolean;
  readonly scaleDType: ScaleDType;
  /** Columns of a group where groups are runs of columns; null where they may be any columns. */
  readonly groupSize: number | null;
}

/** The columns' groups where each is a run of `size`. */
export function runsOf(columns: number, size: number): Uint32Array {
  return Uint32Array.from({ length: columns }, (_, k) => Math.floor(k / size));
}

/**
 * The narrowest dtype of a device in which every weight of the form is the same number: half bytes or bytes with f16 scales,
 * the whole numbers from -16 to 16 as e4m3 with f32 scales, or f32.
 */
export function groupedDType(form: GroupedForm): "q4_0" | "q8_0" | "f8e4m3" | "f32" {
  const { shape, bits, symmetric, scaleDType, groupSize } = form;
  if (groupSize === null || !packs("q8_0", shape[1])) return "f32";
  const keepsGroups = (dtype: "q8_0" | "f8e4m3") =>
    groupSize % packedLayout(dtype, shape).group === 0;
  if (scaleDType === "F16" && keepsGroups("q8_0")) {
    if (bits <= 4) return symmetric ? "q4_0" : "q8_0";
    if (symmetric) return "q8_0";
  }
  return bits <= 4 && keepsGroups("f8e4m3") ? "f8e4m3" : "f32";
}

/**
 * Rows of codes as a device keeps them in that dtype, or widened to f32.
 * @param codes of whole rows, from `firstRow` on
 */
export function packGrouped(
  matrix: GroupedCodes,
  codes: Uint8Array,
  firstRow: number,
  dtype: ReturnType<typeof groupedDType>,
  room: ChunkRoom,
): WeightBytes {
  const wholes = wholeNumbers(matrix, codes, firstRow, room);
  if (dtype === "f32") return { dtype, data: widened(matrix, wholes, firstRow, room) };
  const { shape } = matrix;
  const { group } = packedLayout(dtype, shape);
  const data =
    dtype === "q4_0" ? nibbles(wholes, room) : codeBytes(wholes, codeOfWhole(dtype), room);
  const scales = scalesOf(matrix, firstRow, codes.length / shape[1], group);
  return { dtype, data, scales: dtype === "f8e4m3" ? bytesOf(scales) : halves(scales), group };
}

/** (rows, K / group) */
function scalesOf(
  { shape: [allRows, columns], groups, scales }: GroupedCodes,
  firstRow: number,
  rows: number,
  group: number,
): Float32Array {
  const nGroups = scales.length / allRows;
  const perRow = columns / group;
  const out = new Float32Array(rows * perRow);
  for (let n = 0; n < rows; n++)
    for (let g = 0; g < perRow; g++)
      out[n * perRow + g] = scales[
        (firstRow + n) * nGroups + (groups[g * group] as number)
      ] as number;
  return out;
}

function widened(
  { shape: [allRows, columns], scales, groups }: GroupedCodes,
  wholes: Int16Array,
  firstRow: number,
  room: ChunkRoom,
): Uint8Array {
  const nGroups = scales.length / allRows;
  const out = room.take("floats", 4 * wholes.length);
  const floats = new Float32Array(out.buffer, 0, wholes.length);
  for (let start = 0, row = firstRow; start < floats.length; start += columns, row++)
    for (let k = 0; k < columns; k++)
      floats[start + k] =
        (wholes[start + k] as number) * (scales[row * nGroups + (groups[k] as number)] as number);
  return out;
}

function nibbles(wholes: Int16Array, room: ChunkRoom): Uint8Array {
  const out = room.take("codes", wholes.length / 2);
  for (let i = 0; i < out.length; i++)
    out[i] = ((wholes[2 * i] as number) + 8) | (((wholes[2 * i + 1] as number) + 8) << 4);
  return out;
}

/** The code of every whole number from -256 to 255, 0 for those that have none. */
function codeOfWhole(dtype: "q8_0" | "f8e4m3"): Uint8Array {
  const ofValue = [...codeValues(dtype)].map((value, code) => [value + 0, code] as const);
  const codeOf = new Map(ofValue.reverse()); // 0 rather than -0
  return Uint8Array.from({ length: 512 }, (_, i) => codeOf.get(i - 256) ?? 0);
}

function codeBytes(wholes: Int16Array, table: Uint8Array, room: ChunkRoom): Uint8Array {
  const out = room.take("codes", wholes.length);
  for (let i = 0; i < out.length; i++) out[i] = table[(wholes[i] as number) + 256] as number;
  return out;
}

/** code - zero, (rows, K) */
function wholeNumbers(
  { shape: [allRows, columns], zeros, groups }: GroupedCodes,
  codes: Uint8Array,
  firstRow: number,
  room: ChunkRoom,
): Int16Array {
  const nGroups = zeros.length / allRows;
  const out = new Int16Array(room.take("whole numbers", 2 * codes.length).buffer, 0, codes.length);
  for (let start = 0, row = firstRow; start < codes.length; start += columns, row++)
    for (let k = 0; k < columns; k++)
      out[start + k] =
        (codes[start + k] as number) - (zeros[row * nGroups + (groups[k] as number)] as number);
  return out;
}

function halves(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer);
  return bytesOf(Uint16Array.from(bits, f16Bits));
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
