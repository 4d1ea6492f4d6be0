import type { PackedBytes, PlainBytes, WeightBytes } from "./backend.ts";
import { halfValues } from "./halfValues.ts";
import { isKQuant } from "./kQuants.ts";
import { codeValues, isPacked, PACKED_FORMATS } from "./packed.ts";
import { widenKQuant } from "./widenKQuant.ts";

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

function widenPlain(
  { dtype, data }: PlainBytes,
  out: Float32Array | Float64Array,
  offset: number,
): void {
  if (dtype === "f32") {
    if (out instanceof Float32Array)
      new Uint8Array(out.buffer, out.byteOffset + 4 * offset, data.byteLength).set(data);
    else out.set(floatsOf(data), offset);
    return;
  }
  const halves = halvesOf(data);
  if (dtype === "f16") {
    const values = halfValues();
    for (let i = 0; i < halves.length; i++) out[offset + i] = values[halves[i] as number] as number;
  } else if (out instanceof Float32Array) {
    const words = new Uint32Array(out.buffer, out.byteOffset + 4 * offset, halves.length);
    for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  } else {
    const word = new Uint32Array(1);
    const float = new Float32Array(word.buffer);
    for (let i = 0; i < halves.length; i++) {
      word[0] = (halves[i] as number) << 16;
      out[offset + i] = float[0] as number;
    }
  }
}

function widenPacked(bytes: PackedBytes, out: Float32Array | Float64Array, offset: number): void {
  const { dtype, data, group } = bytes;
  if (isKQuant(dtype)) {
    widenKQuant(dtype, bytes, out, offset);
    return;
  }
  const values = codeValues(dtype);
  const halves = PACKED_FORMATS[dtype].codeBits === 4;
  const scales = scalesOf(bytes);
  const count = weightLength(bytes);
  for (let start = 0; start < count; start += group) {
    const scale = scales[start / group] as number;
    const end = Math.min(start + group, count);
    if (halves)
      for (let i = start; i < end; i++) {
        const code = ((data[i >> 1] as number) >> (4 * (i & 1))) & 15;
        out[offset + i] = (values[code] as number) * scale;
      }
    else
      for (let i = start; i < end; i++)
        out[offset + i] = (values[data[i] as number] as number) * scale;
  }
}

/** The scale of every group, where a group has one. */
function scalesOf({ dtype, scales }: PackedBytes): Float32Array | Float64Array {
  const { scaleBytes } = PACKED_FORMATS[dtype];
  if (scaleBytes === 4) return floatsOf(scales);
  if (scaleBytes === 1) return Float64Array.from(scales, (exponent) => 2 ** (exponent - 127));
  const values = halfValues();
  return Float32Array.from(halvesOf(scales), (half) => values[half] as number);
}

/** Floats from any address. */
function floatsOf(data: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Float32Array(buffer, byteOffset, Math.floor(byteLength / 4));
}

/** Words of 16 bits from any address. */
function halvesOf(data: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = data.byteOffset % 2 === 0 ? data : data.slice();
  return new Uint16Array(buffer, byteOffset, Math.floor(byteLength / 2));
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
