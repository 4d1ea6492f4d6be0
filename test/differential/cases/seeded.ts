import type { PlainBytes } from "../../../engine/backend/backend.ts";

/** A small seeded generator (mulberry32), so that every backend sees the same numbers. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Uniform in [-scale, scale), rounded to f32. */
  floats(count: number, scale = 1): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = (2 * this.uniform() - 1) * scale;
    return values;
  }

  /** Whole numbers in [0, below). */
  ints(count: number, below: number): Int32Array {
    const values = new Int32Array(count);
    for (let i = 0; i < count; i++) values[i] = Math.floor(this.uniform() * below);
    return values;
  }

  /** Weight bytes of a dtype, at an odd address when `count` allows one, as inside a safetensors file. */
  weight(count: number, dtype: PlainBytes["dtype"], scale = 1): PlainBytes {
    const size = dtype === "f32" ? 4 : 2;
    const data = new Uint8Array(count * size + 1).subarray(1);
    const view = new DataView(data.buffer, 1);
    const values = this.floats(count, scale);
    values.forEach((value, i) => {
      if (dtype === "f32") view.setFloat32(4 * i, value, true);
      else view.setUint16(2 * i, dtype === "bf16" ? toBf16(value) : toHalf(value), true);
    });
    return { dtype, data };
  }
}

const word = new DataView(new ArrayBuffer(4));

function toBf16(value: number): number {
  word.setFloat32(0, value);
  return word.getUint16(0);
}

/** Truncates to binary16; values below its normal range become subnormals. */
function toHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude < 2 ** -14) return sign | Math.trunc(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | ((exponent + 15) << 10) | Math.trunc((magnitude / 2 ** exponent - 1) * 1024);
}
