import type { WeightBytes } from "./backend.ts";

/**
 * Widens a weight's bytes into floats, exactly: every bf16, f16 and f32 value is a float32.
 * The bytes may start at any address, as they do inside a safetensors file.
 */
export function widen(bytes: WeightBytes, out: Float32Array | Float64Array, offset: number): void {
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

/** Elements that `bytes` holds. */
export function weightLength(bytes: WeightBytes): number {
  return bytes.data.byteLength / (bytes.dtype === "f32" ? 4 : 2);
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 mantissa bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
