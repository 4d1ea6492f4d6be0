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
  const { kernels, own } = context;
  const [x, rows, out] = [own(op.x).address, own(op.rows).address, own(op.out).address];
  const [action, values] = [ACTIONS[op.action], addressOf(op.values, context)];
  const { factor, columnStart: first, columnCount: count } = op;
  const width = rowSize(op.x);
  return (nTokens) =>
    kernels.edit(action, x, rows, values, factor, nTokens, width, first, count, out);
}

export function editMap(op: EditMap, context: PrepareContext): Runner {
  const { kernels, own } = context;
  const [x, rows, out] = [own(op.x).address, own(op.rows).address, own(op.out).address];
  const [action, values] = [ACTIONS[op.action], addressOf(op.values, context)];
  const { factor, headStart, headCount } = op;
  const [, heads = 0, width = 0] = op.x.shape;
  const given = op.values?.shape[1] ?? 0;
  return (nTokens, start) =>
    kernels.editMap(
      action,
      x,
      rows,
      values,
      given,
      factor,
      nTokens,
      start,
      heads,
      width,
      headStart,
      headCount,
      out,
    );
}
