import {
  checkAttention,
  checkAttentionScores,
  checkAttentionTile,
  checkMixValues,
  checkProjectHeads,
  checkSoftmax,
} from "./checks/checkAttention.ts";
import {
  checkAdd,
  checkAddPosition,
  checkClamp,
  checkEmbed,
  checkGelu,
  checkLastRow,
  checkLayerNorm,
  checkMatmul,
  checkRmsNorm,
  checkRope,
  checkSwiGlu,
  checkTokenLogProbs,
  checkWriteRows,
} from "./checks/checkDense.ts";
import { checkEdit, checkEditMap } from "./checks/checkEdits.ts";
import {
  checkExpertsCombine,
  checkExpertsDown,
  checkExpertsUp,
  checkRoute,
} from "./checks/checkExperts.ts";
import {
  checkIndexScores,
  checkMlaAbsorbQuery,
  checkMlaExpand,
  checkMlaLatent,
  checkMlaValue,
  checkSelectKeys,
} from "./checks/checkMla.ts";
import type { DeviceTensor } from "./deviceTensor.ts";
import type { FieldChecker } from "./fieldChecker.ts";
import type { Operator, OperatorKind } from "./operators.ts";
import { mapsOfEdit, mapsOfMask, mapsOfRoute, type RowMap } from "./rowMaps.ts";

/** Names of an operator's fields that hold a tensor. */
type TensorField<O> = {
  readonly [K in keyof O]-?: [Extract<O[K], DeviceTensor>] extends [never] ? never : K;
}[keyof O];

/** How a weight may be kept where it stands: one whole element at a time, or packed as well, which every backend then reads. */
type KeptAs = "whole" | "packable";

/** What holds of a kind of operator on every backend. */
interface Contract<O> {
  /** Fields that it writes; every other tensor is only read. */
  readonly writes: readonly TensorField<O>[];
  /** Fields in which tensors of allocWeight may stand. */
  readonly weights: { readonly [F in TensorField<O>]?: KeptAs };
  /** Integers that name rows of another tensor; left out where it has none. */
  readonly rowMaps?: (op: O) => readonly RowMap[];
  /** Compares its fields with its contract in operators.ts. */
  readonly check: (op: O, check: FieldChecker) => void;
}

/** Every kind of operator. What it costs stands in engine/cost/operatorCost.ts, what it does in the backends. */
const operatorTable: {
  readonly [K in OperatorKind]: Contract<Extract<Operator, { readonly kind: K }>>;
} = {
  embed: { writes: ["out"], weights: { table: "packable" }, check: checkEmbed },
  addPosition: { writes: ["out"], weights: { table: "whole" }, check: checkAddPosition },
  rmsNorm: { writes: ["out"], weights: { weight: "whole" }, check: checkRmsNorm },
  layerNorm: {
    writes: ["out"],
    weights: { weight: "whole", bias: "whole" },
    check: checkLayerNorm,
  },
  clamp: { writes: ["out"], weights: {}, check: checkClamp },
  matmul: { writes: ["out"], weights: { weight: "packable", bias: "whole" }, check: checkMatmul },
  rope: { writes: ["out"], weights: {}, check: checkRope },
  writeRows: { writes: ["cache"], weights: {}, check: checkWriteRows },
  mlaLatent: { writes: ["out"], weights: { weight: "whole" }, check: checkMlaLatent },
  mlaAbsorbQuery: { writes: ["out"], weights: { keyWeight: "whole" }, check: checkMlaAbsorbQuery },
  mlaExpand: {
    writes: ["k", "v"],
    weights: { keyWeight: "whole", valueWeight: "packable" },
    check: checkMlaExpand,
  },
  mlaValue: { writes: ["out"], weights: { valueWeight: "packable" }, check: checkMlaValue },
  indexScores: { writes: ["out"], weights: {}, check: checkIndexScores },
  selectKeys: { writes: ["indices"], weights: {}, check: checkSelectKeys },
  attention: {
    writes: ["out", "lse"],
    weights: { sinks: "whole" },
    rowMaps: mapsOfMask,
    check: checkAttention,
  },
  add: { writes: ["out"], weights: {}, check: checkAdd },
  swiGlu: { writes: ["out"], weights: {}, check: checkSwiGlu },
  gelu: { writes: ["out"], weights: {}, check: checkGelu },
  route: {
    writes: ["scores", "biased", "indices", "weights"],
    weights: { bias: "whole" },
    rowMaps: mapsOfRoute,
    check: checkRoute,
  },
  expertsUp: {
    writes: ["out"],
    weights: { gate: "packable", up: "packable", gateBias: "whole", upBias: "whole" },
    check: checkExpertsUp,
  },
  expertsDown: {
    writes: ["out"],
    weights: { down: "packable", bias: "whole" },
    check: checkExpertsDown,
  },
  expertsCombine: { writes: ["out"], weights: {}, check: checkExpertsCombine },
  lastRow: { writes: ["out"], weights: {}, check: checkLastRow },
  tokenLogProbs: { writes: ["out"], weights: {}, check: checkTokenLogProbs },
  attentionTile: { writes: ["out"], weights: {}, rowMaps: mapsOfMask, check: checkAttentionTile },
  projectHeads: {
    writes: ["out"],
    weights: { outputWeight: "packable" },
    check: checkProjectHeads,
  },
  edit: { writes: ["out"], weights: {}, rowMaps: mapsOfEdit, check: checkEdit },
  editMap: { writes: ["out"], weights: {}, rowMaps: mapsOfEdit, check: checkEditMap },
  attentionScores: {
    writes: ["out"],
    weights: {},
    rowMaps: mapsOfMask,
    check: checkAttentionScores,
  },
  softmax: { writes: ["out", "lse"], weights: { sinks: "whole" }, check: checkSoftmax },
  mixValues: { writes: ["out"], weights: {}, check: checkMixValues },
};

/** As the table has it, for an operator of that kind. */
interface AnyContract {
  readonly writes: readonly string[];
  readonly weights: Readonly<Record<string, KeptAs | undefined>>;
  readonly rowMaps?: (op: Operator) => readonly RowMap[];
  readonly check: (op: Operator, check: FieldChecker) => void;
}

export function contractOf(kind: OperatorKind): AnyContract {
  return operatorTable[kind] as AnyContract;
}

/** The row maps of a checked operator. */
export function rowMaps(op: Operator): readonly RowMap[] {
  return contractOf(op.kind).rowMaps?.(op) ?? [];
}
