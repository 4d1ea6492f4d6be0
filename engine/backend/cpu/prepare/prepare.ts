import type { DeviceTensor } from "../../deviceTensor.ts";
import { rowMapError } from "../../indexErrors.ts";
import type { Operator, OperatorKind } from "../../operators.ts";
import { rowMaps } from "../../operatorTable.ts";
import { attention, projectHeads, rope } from "./attention.ts";
import { attentionMetrics, attentionTile } from "./attentionLooks.ts";
import { attentionScores, mixValues, softmax } from "./attentionParts.ts";
import { besideWeights } from "./besideWeights.ts";
import { type Call, runnerOf } from "./call.ts";
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
import { Growing, ROW } from "./growing.ts";
import { indexScores, selectKeys } from "./indexer.ts";
import { withPanels } from "./laidOut.ts";
import { tokenLogProbs } from "./logProbs.ts";
import { mlaAbsorbQuery, mlaExpand, mlaLatent, mlaValue } from "./mla.ts";
import {
  type DeviceContext,
  floatBytes,
  type PrepareContext,
  type Runner,
} from "./prepareContext.ts";
import { readStreams, spreadStreams, streamWeights, writeStreams } from "./streams.ts";

/** Gives what runs an operator, or its calls written down. */
type Preparer<O> = (operator: O, context: PrepareContext) => Runner | readonly Call[];

type Preparers = {
  readonly [K in OperatorKind]: Preparer<Extract<Operator, { kind: K }>>;
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
  attentionMetrics,
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

/** An operator whose addresses, dtypes and sizes are resolved. */
export interface PreparedOperator {
  /** @throws ShapeError ERR_INDEX */
  readonly run: Runner;
  /** What `run` does, of an operator whose calls can be made together with those of other sequences; else null. */
  readonly calls: readonly Call[] | null;
  /** Looks at the row maps of a step, as `run` does first; null where there are none. @throws ShapeError ERR_INDEX */
  readonly check: Runner | null;
}

/**
 * Resolves an operator's addresses, dtypes and sizes once, so that running it is a call into the kernels.
 * @param tokenTensors those of its tensors that have a token axis
 */
export function prepare(
  operator: Operator,
  tokenTensors: ReadonlySet<DeviceTensor>,
  device: DeviceContext,
): PreparedOperator {
  const rows = (tensor: DeviceTensor): Growing => {
    const { address, rowBytes } = device.own(tensor);
    return new Growing(address, tokenTensors.has(tensor) ? rowBytes : 0, ROW);
  };
  const context = { ...device, rows };
  const preparer = preparers[operator.kind] as Preparer<Operator>;
  const runner = (own: PrepareContext): Runner => {
    const made = preparer(operator, own);
    return typeof made === "function" ? made : runnerOf(made, own);
  };
  const check = rowMapCheck(operator, context);
  const special =
    besideWeights(
      operator,
      context,
      (beside) => withPanels(operator, beside, runner) ?? runner(beside),
    ) ?? withPanels(operator, context, runner);
  if (special !== null) return { run: checked(special, check), calls: null, check };
  const made = preparer(operator, context);
  if (typeof made === "function") return { run: checked(made, check), calls: null, check };
  return { run: checked(runnerOf(made, context), check), calls: made, check };
}

function checked(run: Runner, check: Runner | null): Runner {
  if (check === null) return run;
  return (nTokens, start, row) => {
    check(nTokens, start, row);
    run(nTokens, start, row);
  };
}

/** Looks at the operator's row maps. */
function rowMapCheck(operator: Operator, { kernels, own, intAt }: PrepareContext): Runner | null {
  const maps = rowMaps(operator);
  if (maps.length === 0) return null;
  return (nTokens, _start, row) => {
    for (const map of maps) {
      const from = map.start(row);
      const first = own(map.tensor).address + floatBytes * from;
      const bad = kernels.firstBeyond(first, map.count(nTokens), map.nRows);
      if (bad < 0) continue;
      const at = from + bad;
      throw rowMapError(operator.kind, map, intAt(map.tensor, at), at);
    }
  };
}
