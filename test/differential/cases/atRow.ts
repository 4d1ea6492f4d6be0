import { edgeMask, edgeMaskShape } from "../../../engine/backend/edgeMask.ts";
import type { HostArray } from "../../../engine/tensor/tensor.ts";
import type { Field, OperatorCase } from "./operatorCase.ts";

/** The same step with `row` rows before its own, in every tensor with a token axis: reading those shows. */
export function atRow(operatorCase: OperatorCase, row: number): OperatorCase {
  const { fields, step } = operatorCase;
  const { q } = fields;
  const lowered = Object.entries(fields).map(([name, field]) => [
    name,
    name === "mask" ? lowerMask(field, q?.shape ?? [], row) : lower(field, row),
  ]);
  return { ...operatorCase, step: { ...step, row }, fields: Object.fromEntries(lowered) };
}

function lower(field: Field, row: number): Field {
  const [rows = 0, ...rest] = field.shape;
  const shape = [rows + row, ...rest];
  const before = rest.reduce((a, b) => a * b, row);
  if (field.role === "token") return { ...field, shape, data: prepend(field.data, before) };
  if (field.role === "out" && field.axis === "token")
    return { ...field, shape, initial: prepend(field.initial, before) };
  return field;
}

/** Behind numbers of other queries, which name rows that do not exist. */
function lowerMask(
  field: Field,
  [nQueries = 0, nHeads = 0]: readonly number[],
  row: number,
): Field {
  if (field.role !== "token" || !(field.data instanceof Int32Array)) throw new Error("no mask");
  const { words, firstBits, nRows } = edgeMask(field.shape, nQueries, nHeads);
  const shape = edgeMaskShape(nQueries + row, nHeads, words * 32, nRows);
  const data = new Int32Array(shape[0] * shape[1]).fill(nRows);
  data.set(field.data.subarray(0, nQueries * nHeads), row * nHeads);
  data.set(field.data.subarray(firstBits), edgeMask(shape, nQueries + row, nHeads).firstBits);
  return { ...field, shape, data };
}

function prepend(data: HostArray, count: number): HostArray {
  const isInt = data instanceof Int32Array;
  const longer = isInt
    ? new Int32Array(count + data.length).fill(2 ** 30)
    : new Float32Array(count + data.length).fill(Number.NaN);
  longer.set(data, count);
  return longer;
}
