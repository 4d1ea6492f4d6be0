import type { OperatorKind } from "../backend/operators.ts";
import type { SymbolicOperator } from "../plan/plan.ts";
import { attention } from "./operators/attention.ts";
import { edit } from "./operators/edit.ts";
import { add, addPosition, clamp, gelu, swiGlu } from "./operators/elementwise.ts";
import { expertsCombine, expertsDown, expertsUp, route } from "./operators/experts.ts";
import { mlaAbsorbQuery, mlaExpand, mlaLatent } from "./operators/latent.ts";
import { attentionScores, editMap, mixValues, softmax } from "./operators/maps.ts";
import { matmul } from "./operators/matmul.ts";
import { layerNorm, rmsNorm } from "./operators/norms.ts";
import { rope } from "./operators/rotate.ts";
import { readStreams, spreadStreams, streamWeights, writeStreams } from "./operators/streams.ts";
import { writeRows } from "./operators/writeRows.ts";
import type { OperatorVjp, VjpContext } from "./vjp.ts";

/** Embeddings are weights, which are held fixed. */
const embed: OperatorVjp<"embed"> = { inputs: [], reads: [], backward: () => undefined };

/**
 * Null: a metric's gradient goes through none of these. Chosen keys are held fixed, so that none reaches what they are chosen by;
 * latent attention is expanded, so that its values are mixed head by head and not in latent space; the others are no part of the way
 * from the tokens to the logits.
 */
const operatorVjps: { readonly [K in OperatorKind]: OperatorVjp<K> | null } = {
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
  mlaValue: null,
  indexScores: null,
  selectKeys: null,
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
  lastRow: null,
  tokenLogProbs: null,
  attentionTile: null,
  attentionMetrics: null,
  projectHeads: null,
  edit,
  editMap,
  attentionScores,
  softmax,
  mixValues,
};

/** The product of an operator whose kind is known to nobody but itself. */
interface AnyVjp {
  readonly inputs: readonly string[];
  readonly reads: readonly string[];
  readonly sites?: (op: SymbolicOperator) => readonly string[];
  readonly backward: (op: SymbolicOperator, context: VjpContext) => void | Promise<void>;
}

export function vjpOf({ kind }: SymbolicOperator): AnyVjp | null {
  return operatorVjps[kind] as AnyVjp | null;
}
