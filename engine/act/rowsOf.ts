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
