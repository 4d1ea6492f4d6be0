import { rowSize } from "../../checkOperator.ts";
import type { Edit, EditAction, EditMap } from "../../operators.ts";
import { addressOf, type PrepareContext, type Runner } from "./prepareContext.ts";

/** As wasm/edit.ts has them. */
const ACTIONS: Readonly<Record<EditAction, number>> = {
  zero: 0,
  scale: 1,
  add: 2,
  replace: 3,
  project: 4,
  average: 5,
};

export function edit(op: Edit, context: PrepareContext): Runner {
  const { kernels, rows } = context;
  const [x, map, out] = [rows(op.x), rows(op.rows), rows(op.out)];
  const [action, values] = [ACTIONS[op.action], addressOf(op.values, context)];
  const { factor, columnStart: first, columnCount: count } = op;
  const width = rowSize(op.x);
  return (nTokens, _start, row) =>
    kernels.edit(
      action,
      x.at(row),
      map.at(row),
      values,
      factor,
      nTokens,
      width,
      first,
      count,
      out.at(row),
    );
}

export function editMap(op: EditMap, context: PrepareContext): Runner {
  const { kernels, rows } = context;
  const [x, map, out] = [rows(op.x), rows(op.rows), rows(op.out)];
  const [action, values] = [ACTIONS[op.action], addressOf(op.values, context)];
  const { factor, headStart, headCount } = op;
  const [, heads = 0, width = 0] = op.x.shape;
  const given = op.values?.shape[1] ?? 0;
  return (nTokens, start, row) =>
    kernels.editMap(
      action,
      x.at(row),
      map.at(row),
      values,
      given,
      factor,
      nTokens,
      start,
      heads,
      width,
      headStart,
      headCount,
      out.at(row),
    );
}
