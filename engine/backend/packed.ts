import { ShapeError } from "../base/errors.ts";
import type { KQuantDType } from "./kQuants.ts";

/**
 * Weights of one byte or less. Element i is value(code i) times the scale of its group, the run of `group` elements of a
 * row that it stands in; of the last three kinds it is what kQuants.ts says.
 *
 * f8e4m3: a byte s eeee mmm of bias 7, without infinities (arXiv:2209.05433); f32 scales.
 * mxfp4: four bits s ee m of bias 1; a scale is the exponent of a power of two, biased by 127 (OCP Microscaling 1.0).
 * q8_0, q4_0: a signed byte, or four bits less 8; f16 scales (ggml).
 * Of two codes in a byte the low one comes first.
 */
export type PackedDType = "f8e4m3" | "mxfp4" | "q8_0" | "q4_0" | KQuantDType;

interface PackedFormat {
  /** Of an element, over all that a group keeps of it. */
  readonly codeBits: 8 | 4 | 5 | 6;
  /** Of a group, all its scales together. */
  readonly scaleBytes: 4 | 2 | 1 | 20 | 18;
  /** Largest group; a group never spans two rows. */
  readonly group: number;
  /** Shorter groups would cost more for scales than packing saves; whole groups keep every write word-aligned. */
  readonly leastGroup: number;
}

export const PACKED_FORMATS: Readonly<Record<PackedDType, PackedFormat>> = {
  f8e4m3: { codeBits: 8, scaleBytes: 4, group: 128, leastGroup: 32 },
  mxfp4: { codeBits: 4, scaleBytes: 1, group: 32, leastGroup: 32 },
  q8_0: { codeBits: 8, scaleBytes: 2, group: 32, leastGroup: 32 },
  q4_0: { codeBits: 4, scaleBytes: 2, group: 32, leastGroup: 32 },
  q4_k: { codeBits: 4, scaleBytes: 20, group: 256, leastGroup: 256 },
  q5_k: { codeBits: 5, scaleBytes: 20, group: 256, leastGroup: 256 },
  q6_k: { codeBits: 6, scaleBytes: 18, group: 256, leastGroup: 256 },
};

export function isPacked(dtype: string): dtype is PackedDType {
  return Object.hasOwn(PACKED_FORMATS, dtype);
}

/** Can a tensor whose rows have `rowLength` elements be kept in that dtype? */
export function packs(dtype: PackedDType, rowLength: number): boolean {
  return rowLength % PACKED_FORMATS[dtype].leastGroup === 0;
}

/** Where everything lies in the buffer of a packed tensor. */
export interface PackedLayout {
  readonly group: number;
  /** log2 of group. */
  readonly groupShift: number;
  readonly codeBytes: number;
  /** First byte of the scales: after the codes, at a multiple of 16. */
  readonly scaleStart: number;
  readonly sizeBytes: number;
}

/** @throws ShapeError ERR_SHAPE for rows that are not of whole groups */
export function packedLayout(dtype: PackedDType, shape: readonly number[]): PackedLayout {
  const { codeBits, scaleBytes, group: largest, leastGroup } = PACKED_FORMATS[dtype];
  const rowLength = shape.at(-1) ?? 0;
  if (rowLength < 1 || !packs(dtype, rowLength))
    throw new ShapeError(
      "ERR_SHAPE",
      `alloc: expected rows of a multiple of ${leastGroup} elements for ${dtype}, got (${shape.join(", ")}). Widen the weight to f32.`,
    );
  const count = shape.reduce((a, b) => a * b, 1);
  const group = Math.min(largest, rowLength & -rowLength);
  const codeBytes = (count * codeBits) / 8;
  const scaleStart = Math.ceil(codeBytes / 16) * 16;
  return {
    group,
    groupShift: Math.log2(group),
    codeBytes,
    scaleStart,
    sizeBytes: scaleStart + (count / group) * scaleBytes,
  };
}

/** A part of a packed tensor as byte ranges of its codes and its scales, from whole groups. */
export function packedRange(
  dtype: PackedDType,
  { group, scaleStart }: PackedLayout,
  offset: number,
  count: number,
): { codes: readonly [number, number]; scales: readonly [number, number] } {
  const { codeBits, scaleBytes } = PACKED_FORMATS[dtype];
  const scale = (element: number) => scaleStart + (element / group) * scaleBytes;
  return {
    codes: [(offset * codeBits) / 8, ((offset + count) * codeBits) / 8],
    scales: [scale(offset), scale(offset + count)],
  };
}

/** The value of every code, at scale 1. */
export function codeValues(dtype: Exclude<PackedDType, KQuantDType>): Float64Array {
  switch (dtype) {
    case "f8e4m3":
      return Float64Array.from({ length: 256 }, (_, code) => e4m3(code));
    case "mxfp4":
      return Float64Array.from({ length: 16 }, (_, code) => e2m1(code));
    case "q8_0":
      return Float64Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);
    case "q4_0":
      return Float64Array.from({ length: 16 }, (_, code) => code - 8);
  }
}

/** NaN for 0x7f and 0xff. */
function e4m3(code: number): number {
  const [sign, exponent, mantissa] = [code & 0x80 ? -1 : 1, (code >> 3) & 15, code & 7];
  if (exponent === 15 && mantissa === 7) return Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10));
}

function e2m1(code: number): number {
  const [sign, exponent, mantissa] = [code & 8 ? -1 : 1, (code >> 1) & 3, code & 1];
  return sign * (exponent === 0 ? mantissa / 2 : (2 + mantissa) * 2 ** (exponent - 2));
}
