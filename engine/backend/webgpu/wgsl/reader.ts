import type { DeviceDType } from "../../deviceTensor.ts";

/** WGSL of one input: the element type of its buffer and the function that decodes it. */
export interface Reader {
  readonly storage: string;
  readonly source: string;
}

/**
 * The accessor `name(i)` over the buffer variable `variable`. bf16 and f16 stay packed in the buffer, two to a u32,
 * and widen exactly: bf16 by a shift, f16 by unpack2x16float.
 */
export function reader(name: string, variable: string, dtype: DeviceDType, unit: 1 | 4): Reader {
  const [storage, expression] = READERS[`${dtype} ${unit}`] ?? unreadable(dtype, unit);
  const element = dtype === "i32" ? "i32" : "f32";
  const result = unit === 4 ? `vec4<${element}>` : element;
  return {
    storage,
    source: `fn ${name}(i: u32) -> ${result} { ${expression.replaceAll("$", variable)} }`,
  };
}

const READERS: Record<string, readonly [storage: string, expression: string]> = {
  "f32 1": ["f32", "return $[i];"],
  "f32 4": ["vec4<f32>", "return $[i];"],
  "i32 1": ["i32", "return $[i];"],
  "i32 4": ["vec4<i32>", "return $[i];"],
  "bf16 1": [
    "u32",
    "let p = $[i >> 1u]; return bitcast<f32>(select(p << 16u, p & 0xffff0000u, (i & 1u) == 1u));",
  ],
  "bf16 4": [
    "vec2<u32>",
    "let p = $[i]; return bitcast<vec4<f32>>(vec4<u32>(p.x << 16u, p.x & 0xffff0000u, p.y << 16u, p.y & 0xffff0000u));",
  ],
  "f16 1": ["u32", "let p = unpack2x16float($[i >> 1u]); return select(p.x, p.y, (i & 1u) == 1u);"],
  "f16 4": [
    "vec2<u32>",
    "let p = $[i]; return vec4<f32>(unpack2x16float(p.x), unpack2x16float(p.y));",
  ],
};

function unreadable(dtype: DeviceDType, unit: number): never {
  throw new TypeError(`reader: no shader reads ${dtype} in units of ${unit}`);
}
