import type { PackedBytes, PlainBytes, WeightBytes } from "./backend.ts";
import { codeValues, isPacked, PACKED_FORMATS } from "./packed.ts";

/**
 * Widens a weight's bytes into floats: every bf16, f16 and f32 value is a float32; of packed weights code times scale
 * is exact in float64 and rounded once to float32. The bytes may start at any address, as they do inside a safetensors
 * file.
 */
export function widen(bytes: WeightBytes, out: Float32Array | Float64Array, offset: number): void {
  if (isPackedBytes(bytes)) widenPacked(bytes, out, offset);
  else widenPlain(bytes, out, offset);
}

export function isPackedBytes(bytes: WeightBytes): bytes is PackedBytes {
  return isPacked(bytes.dtype);
}

function widenPlain(bytes: PlainBytes, out: Float32Array | Float64Array, offset: number): void {
  const view = new DataView(bytes.data.buffer, bytes.data.byteOffset, bytes.data.byteLength);
  if (bytes.dtype === "f32") {
    const count = bytes.data.byteLength / 4;
    for (let i = 0; i < count; i++) out[offset + i] = view.getFloat32(4 * i, true);
    return;
  }
  const count = bytes.data.byteLength / 2;
  const word = new Uint32Array(1);
  const asFloat = new Float32Array(word.buffer);
  for (let i = 0; i < count; i++) {
    const half = view.getUint16(2 * i, true);
    if (bytes.dtype === "f16") out[offset + i] = halfToNumber(half);
    else {
      word[0] = half << 16;
      out[offset + i] = asFloat[0] as number;
    }
  }
}

function widenPacked(bytes: PackedBytes, out: Float32Array | Float64Array, offset: number): void {
  const { dtype, data, group } = bytes;
  const values = codeValues(dtype);
  const halves = PACKED_FORMATS[dtype].codeBits === 4;
  const scaleAt = scaleReader(bytes);
  const count = weightLength(bytes);
  for (let i = 0; i < count; i++) {
    const byte = data[halves ? i >> 1 : i] as number;
    const code = halves ? (byte >> (4 * (i & 1))) & 15 : byte;
    out[offset + i] = (values[code] as number) * scaleAt(Math.floor(i / group));
  }
}

/** The scale of a group by its number. */
function scaleReader({ dtype, scales }: PackedBytes): (group: number) => number {
  const view = new DataView(scales.buffer, scales.byteOffset, scales.byteLength);
  switch (PACKED_FORMATS[dtype].scaleBytes) {
    case 4:
      return (group) => view.getFloat32(4 * group, true);
    case 2:
      return (group) => halfToNumber(view.getUint16(2 * group, true));
    case 1:
      return (group) => 2 ** (view.getUint8(group) - 127);
  }
}

/** Elements that `bytes` holds. */
export function weightLength(bytes: WeightBytes): number {
  if (isPackedBytes(bytes))
    return (bytes.data.byteLength * 8) / PACKED_FORMATS[bytes.dtype].codeBits;
  return bytes.data.byteLength / (bytes.dtype === "f32" ? 4 : 2);
}

/** Elements [from, to); of packed weights whole groups. */
export function weightSlice(bytes: WeightBytes, from: number, to: number): WeightBytes {
  const length = weightLength(bytes);
  if (from === 0 && to === length) return bytes;
  const cut = (data: Uint8Array) =>
    data.subarray((data.byteLength / length) * from, (data.byteLength / length) * to);
  if (!isPackedBytes(bytes)) return { ...bytes, data: cut(bytes.data) };
  return { ...bytes, data: cut(bytes.data), scales: cut(bytes.scales) };
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 mantissa bits. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
