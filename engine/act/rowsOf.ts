import type { PlanConstant } from "../plan/planChanges.ts";
import { Tensor } from "../tensor/tensor.ts";
import { editError } from "./checkEdit.ts";
import type { EditValue } from "./edit.ts";

/**
 * An edit's numbers as rows of `width`: one row for all positions, or `count` of them.
 * @throws InputError ERR_EDIT
 */
export function rowsOf(what: string, value: EditValue, width: number, count: number): PlanConstant {
  if (typeof value === "number")
    return { shape: [1, width], data: new Float64Array(width).fill(value) };
  const data = Float64Array.from(value instanceof Tensor ? value.data : [...value].flat());
  const rows = data.length / width;
  if (rows === 1 || rows === count) return { shape: [rows, width], data };
  const shape = value instanceof Tensor ? `(${value.shape.join(", ")})` : `${data.length} numbers`;
  throw editError(
    what,
    count === 1 ? `${width} numbers` : `${width} numbers, or ${count} rows of ${width}`,
    shape,
    "A value has one row for all edited positions, or one for each.",
  );
}

/**
 * An edit's numbers as rows of keys of an attention map, each of up to `capacity`: one row for all queries, or `count` of them.
 * @param counts numbers of rows that are expected beside one
 * @throws InputError ERR_EDIT
 */
export function mapRows(
  what: string,
  value: EditValue,
  capacity: number,
  counts: readonly number[],
): PlanConstant {
  if (typeof value === "number") return rowsOf(what, value, capacity, 1);
  const data = Float64Array.from(value instanceof Tensor ? value.data : [...value].flat());
  const [first] = value instanceof Tensor ? value.shape : [value.length];
  const isList = value instanceof Tensor ? value.shape.length < 2 : !Array.isArray(value[0]);
  const rows = isList ? 1 : (first ?? 0);
  const width = data.length / rows;
  const isMap = !(value instanceof Tensor) || value.shape.length <= 2;
  const fits = isMap && width >= 1 && width <= capacity && (rows === 1 || counts.includes(rows));
  if (!fits)
    throw editError(
      what,
      `one row of 1 to ${capacity} keys, or ${[...new Set(counts)].join(" or ")} of them`,
      value instanceof Tensor ? `(${value.shape.join(", ")})` : `${rows} of ${width}`,
      "A map has a row of keys for each query; give one head's, with head.",
    );
  if (data.includes(Number.POSITIVE_INFINITY))
    throw editError(
      what,
      "no Infinity",
      "Infinity",
      "A score may be -Infinity, which hides a key.",
    );
  return { shape: [rows, width], data };
}
