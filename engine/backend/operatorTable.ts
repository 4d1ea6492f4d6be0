import {
  checkAttention,
  checkAttentionMetrics,
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
import {
  checkReadStreams,
  checkSpreadStreams,
  checkStreamWeights,
  checkWriteStreams,
} from "./checks/checkStreams.ts";
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
  /**
   * Does what it makes of a row depend on the row's position, on caches, or on where the step ends? Then it runs once for each
   * sequence of a batch; the others take the rows of all sequences at once.
   */
  readonly isOfOneSequence: boolean;
  /** Compares its fields with its contract in operators.ts. */
  readonly check: (op: O, check: FieldChecker) => void;
}

/** Every kind of operator. What it costs stands in engine/cost/operatorCost.ts, what it does in the backends. */
const operatorTable: {
  readonly [K in OperatorKind]: Contract<Extract<Operator, { readonly kind: K }>>;
} = {
  embed: {
    writes: ["out"],
    weights: { table: "packable" },
    isOfOneSequence: false,
    check: checkEmbed,
  },
  addPosition: {
    writes: ["out"],
    weights: { table: "whole" },
    isOfOneSequence: true,
    check: checkAddPosition,
  },
  rmsNorm: {
    writes: ["out"],
    weights: { weight: "whole" },
    isOfOneSequence: false,
    check: checkRmsNorm,
  },
  layerNorm: {
    writes: ["out"],
    weights: { weight: "whole", bias: "whole" },
    isOfOneSequence: false,
    check: checkLayerNorm,
  },
  clamp: { writes: ["out"], weights: {}, isOfOneSequence: false, check: checkClamp },
  matmul: {
    writes: ["out"],
    weights: { weight: "packable", bias: "whole" },
    isOfOneSequence: false,
    check: checkMatmul,
  },
  rope: { writes: ["out"], weights: {}, isOfOneSequence: true, check: checkRope },
  writeRows: { writes: ["cache"], weights: {}, isOfOneSequence: true, check: checkWriteRows },
  mlaLatent: {
    writes: ["out"],
    weights: { weight: "whole" },
    isOfOneSequence: true,
    check: checkMlaLatent,
  },
  mlaAbsorbQuery: {
    writes: ["out"],
    weights: { keyWeight: "whole" },
    isOfOneSequence: false,
    check: checkMlaAbsorbQuery,
  },
  mlaExpand: {
    writes: ["k", "v"],
    weights: { keyWeight: "whole", valueWeight: "packable" },
    isOfOneSequence: true,
    check: checkMlaExpand,
  },
  mlaValue: {
    writes: ["out"],
    weights: { valueWeight: "packable" },
    isOfOneSequence: false,
    check: checkMlaValue,
  },
  indexScores: { writes: ["out"], weights: {}, isOfOneSequence: true, check: checkIndexScores },
  selectKeys: { writes: ["indices"], weights: {}, isOfOneSequence: true, check: checkSelectKeys },
  attention: {
    writes: ["out", "lse", "moments"],
    weights: { sinks: "whole" },
    rowMaps: mapsOfMask,
    isOfOneSequence: true,
    check: checkAttention,
  },
  add: { writes: ["out"], weights: {}, isOfOneSequence: false, check: checkAdd },
  spreadStreams: {
    writes: ["out"],
    weights: {},
    isOfOneSequence: false,
    check: checkSpreadStreams,
  },
  streamWeights: {
    writes: ["pre", "post", "comb"],
    weights: { base: "whole", scale: "whole" },
    isOfOneSequence: false,
    check: checkStreamWeights,
  },
  readStreams: { writes: ["out"], weights: {}, isOfOneSequence: false, check: checkReadStreams },
  writeStreams: { writes: ["out"], weights: {}, isOfOneSequence: false, check: checkWriteStreams },
  swiGlu: { writes: ["out"], weights: {}, isOfOneSequence: false, check: checkSwiGlu },
  gelu: { writes: ["out"], weights: {}, isOfOneSequence: false, check: checkGelu },
  route: {
    writes: ["scores", "biased", "indices", "weights"],
    weights: { bias: "whole" },
    rowMaps: mapsOfRoute,
    isOfOneSequence: false,
    check: checkRoute,
  },
  expertsUp: {
    writes: ["out"],
    weights: { gate: "packable", up: "packable", gateBias: "whole", upBias: "whole" },
    isOfOneSequence: false,
    check: checkExpertsUp,
  },
  expertsDown: {
    writes: ["out"],
    weights: { down: "packable", bias: "whole" },
    isOfOneSequence: false,
    check: checkExpertsDown,
  },
  expertsCombine: {
    writes: ["out"],
    weights: {},
    isOfOneSequence: false,
    check: checkExpertsCombine,
  },
  lastRow: { writes: ["out"], weights: {}, isOfOneSequence: true, check: checkLastRow },
  tokenLogProbs: {
    writes: ["out"],
    weights: {},
    isOfOneSequence: false,
    check: checkTokenLogProbs,
  },
  attentionTile: {
    writes: ["out"],
    weights: {},
    rowMaps: mapsOfMask,
    isOfOneSequence: true,
    check: checkAttentionTile,
  },
  attentionMetrics: {
    writes: ["out"],
    weights: {},
    rowMaps: mapsOfMask,
    isOfOneSequence: true,
    check: checkAttentionMetrics,
  },
  projectHeads: {
    writes: ["out"],
    weights: { outputWeight: "packable" },
    isOfOneSequence: false,
    check: checkProjectHeads,
  },
  edit: {
    writes: ["out"],
    weights: {},
    rowMaps: mapsOfEdit,
    isOfOneSequence: false,
    check: checkEdit,
  },
  editMap: {
    writes: ["out"],
    weights: {},
    rowMaps: mapsOfEdit,
    isOfOneSequence: true,
    check: checkEditMap,
  },
  attentionScores: {
    writes: ["out"],
    weights: {},
    rowMaps: mapsOfMask,
    isOfOneSequence: true,
    check: checkAttentionScores,
  },
  softmax: {
    writes: ["out", "lse"],
    weights: { sinks: "whole" },
    isOfOneSequence: true,
    check: checkSoftmax,
  },
  mixValues: { writes: ["out"], weights: {}, isOfOneSequence: true, check: checkMixValues },
};

/** As the table has it, for an operator of that kind. */
interface AnyContract {
  readonly writes: readonly string[];
  readonly weights: Readonly<Record<string, KeptAs | undefined>>;
  readonly rowMaps?: (op: Operator) => readonly RowMap[];
  readonly isOfOneSequence: boolean;
  readonly check: (op: Operator, check: FieldChecker) => void;
}

export function contractOf(kind: OperatorKind): AnyContract {
  return operatorTable[kind] as AnyContract;
}

/** The row maps of a checked operator. */
export function rowMaps(op: Operator): readonly RowMap[] {
  return contractOf(op.kind).rowMaps?.(op) ?? [];
}
