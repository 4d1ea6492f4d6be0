import type { Operator, OperatorKind } from "../../operators.ts";
import { attention, attentionTile, projectHeads, rope } from "./attention.ts";
import {
  add,
  addPosition,
  clamp,
  embed,
  gelu,
  lastRow,
  layerNorm,
  matmul,
  rmsNorm,
  swiGlu,
  writeRows,
} from "./dense.ts";
import { expertsCombine, expertsDown, expertsUp, route } from "./experts.ts";
import { indexScores, selectKeys } from "./indexer.ts";
import { mlaAbsorbQuery, mlaExpand, mlaLatent, mlaValue } from "./mla.ts";
import type { PrepareContext, Runner } from "./prepareContext.ts";

type Preparers = {
  readonly [K in OperatorKind]: (
    operator: Extract<Operator, { kind: K }>,
    context: PrepareContext,
  ) => Runner;
};

const preparers: Preparers = {
  embed,
  addPosition,
  rmsNorm,
  layerNorm,
  clamp,
  matmul,
  add,
  swiGlu,
  gelu,
  writeRows,
  lastRow,
  rope,
  attention,
  attentionTile,
  projectHeads,
  mlaLatent,
  mlaAbsorbQuery,
  mlaExpand,
  mlaValue,
  indexScores,
  selectKeys,
  route,
  expertsUp,
  expertsDown,
  expertsCombine,
};

/** Resolves an operator's addresses, dtypes and sizes once, so that running it is a call into the kernels. */
export function prepare(operator: Operator, context: PrepareContext): Runner {
  const preparer = preparers[operator.kind] as (
    operator: Operator,
    context: PrepareContext,
  ) => Runner;
  return preparer(operator, context);
}
