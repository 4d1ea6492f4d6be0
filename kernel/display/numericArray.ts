import { types } from "node:util";
import { isListOf } from "./isListOf.ts";

type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Numbers with a shape, whoever made them. */
export interface NumericArray {
  readonly data: TypedArray;
  /** Row-major. */
  readonly shape: readonly number[];
  /** Name of each axis; empty where there are none. */
  readonly dims: readonly string[];
  /** As the owner calls it, else after the array: `float32`. */
  readonly dtype: string;
}

/** A typed array, or anything with `data`, `shape` and perhaps `dims` that fit together; null for all else. */
export function asNumericArray(value: unknown): NumericArray | null {
  if (isTypedArray(value)) {
    // A Buffer holds bytes of something else: text, a file.
    return Buffer.isBuffer(value)
      ? null
      : { data: value, shape: [value.length], dims: [], dtype: dtypeOf(value) };
  }
  if (typeof value !== "object" || value === null) return null;
  const { data, shape, dims, dtype } = value as Record<string, unknown>;
  if (!isTypedArray(data) || !isShape(shape)) return null;
  if (shape.reduce((size, length) => size * length, 1) !== data.length) return null;
  const isNamed = Array.isArray(dims) && dims.length === shape.length;
  return {
    data,
    shape,
    dims: isNamed ? dims.map(String) : [],
    dtype: typeof dtype === "string" ? dtype : dtypeOf(data),
  };
}

function isTypedArray(value: unknown): value is TypedArray {
  return types.isTypedArray(value);
}

function isShape(value: unknown): value is readonly number[] {
  return isListOf(value, isLength);
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function dtypeOf(data: TypedArray): string {
  return data.constructor.name.replace(/Array$/, "").toLowerCase();
}
