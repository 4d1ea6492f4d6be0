import type { WeightBytes } from "../../../engine/backend/backend.ts";
import type { DeviceTensor, Step } from "../../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../../engine/backend/operators.ts";
import type { HostArray } from "../../../engine/tensor/tensor.ts";

/** What an operator reads. The rows of a `token` input beyond T hold NaN or -1: reading them shows. */
export interface Input {
  readonly role: "token" | "whole";
  readonly shape: readonly number[];
  readonly data: HostArray;
  /** Elements of one token at the front of a tensor that holds more than those; else a row. */
  readonly tokenWidth?: number;
}

export interface Weight {
  readonly role: "weight";
  readonly shape: readonly number[];
  readonly data: WeightBytes;
}

/**
 * What an operator writes, and which rows of it are compared: `token` the first T, `position` the first start + T,
 * `one` the first, `whole` everything (with `initial` as it was before).
 */
export interface Output {
  readonly role: "out";
  readonly axis: "token" | "position" | "one" | "whole";
  readonly shape: readonly number[];
  readonly dtype: "f32" | "i32";
  readonly initial: HostArray;
}

export type Field = Input | Weight | Output;

export interface OperatorCase {
  readonly kind: Operator["kind"];
  readonly name: string;
  readonly step: Step;
  /** Largest |difference| allowed, as a share of the largest |reference| in the output; 0 means equal. */
  readonly tolerance: number;
  /** Does row t depend on token t (and the caches) alone? */
  readonly rowInvariant: boolean;
  readonly fields: Readonly<Record<string, Field>>;
  operator(tensors: Readonly<Record<string, DeviceTensor>>): Operator;
}

/** Keeps the names of the fields checked while the list of cases holds them erased. */
export function operatorCase<F extends Record<string, Field>>(given: {
  name: string;
  kind: Operator["kind"];
  step: Step;
  tolerance: number;
  rowInvariant?: boolean;
  fields: F;
  operator(tensors: { readonly [K in keyof F]: DeviceTensor }): Operator;
}): OperatorCase {
  return {
    ...given,
    rowInvariant: given.rowInvariant ?? true,
    operator: (tensors) => given.operator(tensors as { readonly [K in keyof F]: DeviceTensor }),
  };
}

const slackRows = 2;

/** A token input: T rows of the given data, then slack rows that must not be read. */
export function token(
  nTokens: number,
  rowShape: readonly number[],
  data: Float32Array | Int32Array,
): Input {
  const shape = [nTokens + slackRows, ...rowShape];
  const size = shape.reduce((a, b) => a * b, 1);
  const padded =
    data instanceof Int32Array
      ? new Int32Array(size).fill(-1)
      : new Float32Array(size).fill(Number.NaN);
  padded.set(data);
  return { role: "token", shape, data: padded };
}

/** An input with one row per position, e.g. a KV cache; rows beyond the last position must not be read. */
export function cache(nPositions: number, rowShape: readonly number[], data: Float32Array): Input {
  return { ...token(nPositions, rowShape, data), role: "whole" };
}

export function whole(shape: readonly number[], data: HostArray): Input {
  return { role: "whole", shape, data };
}

export function weight(shape: readonly number[], data: WeightBytes): Weight {
  return { role: "weight", shape, data };
}

/** An output that starts as NaN (or -1), so that an element nobody wrote shows. */
export function out(
  axis: "token" | "position" | "one",
  nRows: number,
  rowShape: readonly number[],
  dtype: "f32" | "i32" = "f32",
): Output {
  const shape = [axis === "one" ? 1 : nRows + slackRows, ...rowShape];
  const size = shape.reduce((a, b) => a * b, 1);
  const initial =
    dtype === "i32" ? new Int32Array(size).fill(-1) : new Float32Array(size).fill(Number.NaN);
  return { role: "out", axis, shape, dtype, initial };
}

/** An output of which every element is compared. */
export function wholeOut(shape: readonly number[], initial: Float32Array): Output {
  return { role: "out", axis: "whole", shape, dtype: "f32", initial };
}
