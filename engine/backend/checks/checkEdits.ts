import type { FieldChecker } from "../fieldChecker.ts";
import type { Edit, EditMap } from "../operators.ts";
import { rowSize } from "../tensorSize.ts";

/** The contracts of edits. */

export function checkEdit(op: Edit, check: FieldChecker): void {
  const { action, columnStart, columnCount, factor, values } = op;
  const width = rowSize(op.x);
  check.that(
    Number.isInteger(columnStart) && Number.isInteger(columnCount),
    "columns",
    "in whole numbers",
    `${columnStart} + ${columnCount}`,
  );
  check.inside("columns", columnStart, columnCount, width);
  check.editNumbers(action, factor, values);
  if (values) check.row("values", values, columnCount);
  check.tokens("x", op.x, width);
  check.tokens("rows", op.rows, 1, true);
  check.tokens("out", op.out, width);
}

export function checkEditMap(op: EditMap, check: FieldChecker): void {
  const { action, headStart, headCount, factor, values } = op;
  const [, nHeads, width] = check.axes("x", op.x, 3);
  check.inside("heads", headStart, headCount, nHeads);
  check.editNumbers(action, factor, values);
  if (values) check.row("values", values, rowSize(values));
  check.headMaps("x", op.x, nHeads);
  check.tokens("rows", op.rows, 1, true);
  check.headMaps("out", op.out, nHeads, width);
}
