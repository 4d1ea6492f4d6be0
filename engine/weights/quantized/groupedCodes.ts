import type { WeightBytes } from "../../backend/backend.ts";
import { codeValues, packedLayout, packs } from "../../backend/packed.ts";
import { f16Bits } from "../roundFloat.ts";
import type { ScaleDType } from "./readScales.ts";

/**
 * A matrix of whole numbers with a scale and a zero for every group of a row's elements: element (n, k) is
 * (code - zero) scale, one float32 product. What GPTQ, AWQ and the integers of compressed-tensors come to.
 */
export interface GroupedCodes {
  /** (N, K) */
  readonly shape: readonly [rows: number, columns: number];
  /** (N, K) */
  readonly codes: Uint8Array;
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
  if (groupSize === null || !packs(shape[1])) return "f32";
  const keepsGroups = (dtype: "q8_0" | "f8e4m3") =>
    groupSize % packedLayout(dtype, shape).group === 0;
  if (scaleDType === "F16" && keepsGroups("q8_0")) {
    if (bits <= 4) return symmetric ? "q4_0" : "q8_0";
    if (symmetric) return "q8_0";
  }
  return bits <= 4 && keepsGroups("f8e4m3") ? "f8e4m3" : "f32";
}

/** The codes as a device keeps them in that dtype, or widened to f32. */
export function packGrouped(
  codes: GroupedCodes,
  dtype: ReturnType<typeof groupedDType>,
): WeightBytes {
  if (dtype === "f32") return { dtype, data: bytesOf(widened(codes)) };
  const { shape, groups, scales } = codes;
  const [rows, columns] = shape;
  const { group } = packedLayout(dtype, shape);
  const nGroups = scales.length / rows;
  const perRow = columns / group;
  const out = new Float32Array(rows * perRow);
  for (let n = 0; n < rows; n++)
    for (let g = 0; g < perRow; g++)
      out[n * perRow + g] = scales[n * nGroups + (groups[g * group] as number)] as number;
  const data = dtype === "q4_0" ? nibbles(codes) : codeBytes(codes, dtype);
  return { dtype, data, scales: dtype === "f8e4m3" ? bytesOf(out) : halves(out), group };
}

function widened(codes: GroupedCodes): Float32Array {
  const { shape, scales, groups } = codes;
  const [rows, columns] = shape;
  const nGroups = scales.length / rows;
  const whole = wholeNumbers(codes);
  const out = new Float32Array(whole.length);
  for (let n = 0; n < rows; n++)
    for (let k = 0; k < columns; k++) {
      const i = n * columns + k;
      out[i] = (whole[i] as number) * (scales[n * nGroups + (groups[k] as number)] as number);
    }
  return out;
}

function nibbles(codes: GroupedCodes): Uint8Array {
  const whole = wholeNumbers(codes);
  const out = new Uint8Array(whole.length / 2);
  for (let i = 0; i < out.length; i++)
    out[i] = ((whole[2 * i] as number) + 8) | (((whole[2 * i + 1] as number) + 8) << 4);
  return out;
}

function codeBytes(codes: GroupedCodes, dtype: "q8_0" | "f8e4m3"): Uint8Array {
  const ofValue = [...codeValues(dtype)].map((value, code) => [value + 0, code] as const);
  const codeOf = new Map(ofValue.reverse()); // 0 rather than -0
  const table = Uint8Array.from({ length: 512 }, (_, i) => codeOf.get(i - 256) ?? 0);
  const whole = wholeNumbers(codes);
  const out = new Uint8Array(whole.length);
  for (let i = 0; i < out.length; i++) out[i] = table[(whole[i] as number) + 256] as number;
  return out;
}

/** code - zero, (N, K) */
function wholeNumbers({ shape, codes, zeros, groups }: GroupedCodes): Int16Array {
  const [rows, columns] = shape;
  const nGroups = zeros.length / rows;
  const out = new Int16Array(codes.length);
  for (let n = 0; n < rows; n++)
    for (let k = 0; k < columns; k++) {
      const i = n * columns + k;
      out[i] = (codes[i] as number) - (zeros[n * nGroups + (groups[k] as number)] as number);
    }
  return out;
}

function halves(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer);
  return bytesOf(Uint16Array.from(bits, f16Bits));
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
