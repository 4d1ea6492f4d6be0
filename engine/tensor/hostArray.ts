/** Element types a host tensor can have. */
export type HostDType = "f32" | "f64" | "i32";

export type HostArray = Float32Array | Float64Array | Int32Array;

export type FloatArray = Float32Array | Float64Array;

/** Zeros of the type in which results of these numbers are given: f32 of f32, f64 of all others. */
export function floatsLike(data: HostArray, length: number): FloatArray {
  return data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}
