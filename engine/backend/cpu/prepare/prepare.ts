import type { DeviceTensor } from "../../deviceTensor.ts";
import { rowMapError } from "../../indexErrors.ts";
import type { Operator, OperatorKind } from "../../operators.ts";
import { rowMaps } from "../../operatorTable.ts";
import { tensorBytes } from "../cpuTensor.ts";
import { attention, attentionTile, projectHeads, rope } from "./attention.ts";
import { attentionScores, mixValues, softmax } from "./attentionParts.ts";
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
import { edit, editMap } from "./edit.ts";
import { expertsCombine, expertsDown, expertsUp, route } from "./experts.ts";
import { indexScores, selectKeys } from "./indexer.ts";
import { withPanels } from "./laidOut.ts";
import { tokenLogProbs } from "./logProbs.ts";
import { mlaAbsorbQuery, mlaExpand, mlaLatent, mlaValue } from "./mla.ts";
import {
  type DeviceContext,
  floatBytes,
  type PrepareContext,
  Rows,
  type Runner,
} from "./prepareContext.ts";
import { readStreams, spreadStreams, streamWeights, writeStreams } from "./streams.ts";

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
  spreadStreams,
  streamWeights,
  readStreams,
  writeStreams,
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
  edit,
  editMap,
  attentionScores,
  softmax,
  mixValues,
  tokenLogProbs,
};

/**
 * Resolves an operator's addresses, dtypes and sizes once, so that running it is a call into the kernels. The runner throws
 * ShapeError ERR_INDEX.
 * @param tokenTensors those of its tensors that have a token axis
 */
export function prepare(
  operator: Operator,
  tokenTensors: ReadonlySet<DeviceTensor>,
  device: DeviceContext,
): Runner {
  const rows = (tensor: DeviceTensor): Rows => {
    const { address, shape, dtype } = device.own(tensor);
    const bytes = tokenTensors.has(tensor) ? tensorBytes([1, ...shape.slice(1)], dtype) : 0;
    return new Rows(address, bytes);
  };
  const context = { ...device, rows };
  const preparer = preparers[operator.kind] as (
    operator: Operator,
    context: PrepareContext,
  ) => Runner;
  const run =
    withPanels(operator, context, (laidOut) => preparer(operator, laidOut)) ??
    preparer(operator, context);
  return withRowMaps(operator, context, run);
}

/** Looks at the operator's row maps before it runs. */
function withRowMaps(
  operator: Operator,
  { kernels, own, intAt }: PrepareContext,
  run: Runner,
): Runner {
  const maps = rowMaps(operator);
  if (maps.length === 0) return run;
  return (nTokens, start, row) => {
    for (const map of maps) {
      const from = map.start(row);
      const first = own(map.tensor).address + floatBytes * from;
      const bad = kernels.firstBeyond(first, map.count(nTokens), map.nRows);
      if (bad < 0) continue;
      const at = from + bad;
      throw rowMapError(operator.kind, map, intAt(map.tensor, at), at);
    }
    run(nTokens, start, row);
  };
}
