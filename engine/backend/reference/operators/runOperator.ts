import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { rowMapError } from "../../indexErrors.ts";
import type { Operator, OperatorKind } from "../../operators.ts";
import { rowMaps } from "../../operatorTable.ts";
import { at } from "../math.ts";
import { ints, type ReferenceTensor } from "../referenceTensor.ts";
import { add } from "./add.ts";
import { addPosition } from "./addPosition.ts";
import { attention } from "./attention.ts";
import { attentionMetrics } from "./attentionMetrics.ts";
import { attentionScores } from "./attentionScores.ts";
import { attentionTile } from "./attentionTile.ts";
import { clamp } from "./clamp.ts";
import { edit } from "./edit.ts";
import { editMap } from "./editMap.ts";
import { embed } from "./embed.ts";
import { expertsCombine, expertsDown, expertsUp } from "./experts.ts";
import { gelu } from "./gelu.ts";
import { indexScores } from "./indexScores.ts";
import { lastRow } from "./lastRow.ts";
import { layerNorm } from "./layerNorm.ts";
import { matmul } from "./matmul.ts";
import { mixValues } from "./mixValues.ts";
import { mlaAbsorbQuery } from "./mlaAbsorbQuery.ts";
import { mlaExpand } from "./mlaExpand.ts";
import { mlaLatent } from "./mlaLatent.ts";
import { mlaValue } from "./mlaValue.ts";
import { projectHeads } from "./projectHeads.ts";
import { rmsNorm } from "./rmsNorm.ts";
import { rope } from "./rope.ts";
import { route } from "./route.ts";
import { selectKeys } from "./selectKeys.ts";
import { softmax } from "./softmax.ts";
import { readStreams, spreadStreams, streamWeights, writeStreams } from "./streams.ts";
import { swiGlu } from "./swiGlu.ts";
import { tokenLogProbs } from "./tokenLogProbs.ts";
import { writeRows } from "./writeRows.ts";

type Handlers = {
  readonly [K in OperatorKind]: (operator: Extract<Operator, { kind: K }>, step: Step) => void;
};

const handlers: Handlers = {
  embed,
  addPosition,
  rmsNorm,
  layerNorm,
  clamp,
  matmul,
  rope,
  writeRows,
  mlaLatent,
  mlaAbsorbQuery,
  mlaExpand,
  mlaValue,
  indexScores,
  selectKeys,
  attention,
  add,
  spreadStreams,
  streamWeights,
  readStreams,
  writeStreams,
  swiGlu,
  gelu,
  route,
  expertsUp,
  expertsDown,
  expertsCombine,
  lastRow,
  tokenLogProbs,
  attentionTile,
  attentionMetrics,
  projectHeads,
  edit,
  editMap,
  attentionScores,
  softmax,
  mixValues,
};

/**
 * Runs one checked operator for one checked step.
 * @param tokenTensors those of the operator with a token axis
 * @throws ShapeError ERR_INDEX
 */
export function runOperator(
  operator: Operator,
  tokenTensors: ReadonlySet<DeviceTensor>,
  step: Step,
): void {
  const { nTokens, row = 0 } = step;
  for (const map of rowMaps(operator)) {
    const data = ints(map.tensor);
    const start = map.start(row);
    for (let i = start; i < start + map.count(nTokens); i++)
      if (at(data, i) >= map.nRows) throw rowMapError(operator.kind, map, at(data, i), i);
  }
  const handler = handlers[operator.kind] as (operator: Operator, step: Step) => void;
  handler(row === 0 ? operator : fromRow(operator, tokenTensors, row), step);
}

/** The operator on what its tensors with a token axis hold from a row on. */
function fromRow(
  operator: Operator,
  tokenTensors: ReadonlySet<DeviceTensor>,
  row: number,
): Operator {
  const moved = Object.entries(operator).map(([field, value]) =>
    tokenTensors.has(value) ? [field, (value as ReferenceTensor).fromRow(row)] : [field, value],
  );
  return Object.fromEntries(moved) as Operator;
}
