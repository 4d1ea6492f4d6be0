import type { Operator, OperatorKind } from "../backend/operators.ts";
import type { Program } from "./bindPlan.ts";

/** Neighbours in a program that are executed together. */
export interface Stretch {
  /** Whether they know positions, and run once for each sequence of a step; the others take all its rows at once. */
  readonly isOfOneSequence: boolean;
  readonly operators: readonly Operator[];
}

/** Does what it makes of a row depend on the row's position, on caches, or on where the step ends? */
const OF_ONE_SEQUENCE: Readonly<Record<OperatorKind, boolean>> = {
  embed: false,
  addPosition: true,
  rmsNorm: false,
  layerNorm: false,
  clamp: false,
  matmul: false,
  rope: true,
  writeRows: true,
  mlaLatent: true,
  mlaAbsorbQuery: false,
  mlaExpand: true,
  mlaValue: false,
  indexScores: true,
  selectKeys: true,
  attention: true,
  add: false,
  swiGlu: false,
  gelu: false,
  route: false,
  expertsUp: false,
  expertsDown: false,
  expertsCombine: false,
  lastRow: true,
  tokenLogProbs: false,
  attentionTile: true,
  projectHeads: false,
  edit: true,
  editMap: true,
  attentionScores: true,
  softmax: true,
  mixValues: true,
};

const known = new WeakMap<Program, readonly Stretch[]>();

/** A program's operators in order, the same lists each time. */
export function stretchesOf(program: Program): readonly Stretch[] {
  const stretches = known.get(program) ?? cut(program.operators);
  known.set(program, stretches);
  return stretches;
}

function cut(operators: readonly Operator[]): Stretch[] {
  const stretches: { isOfOneSequence: boolean; operators: Operator[] }[] = [];
  for (const operator of operators) {
    const isOfOneSequence = OF_ONE_SEQUENCE[operator.kind];
    const last = stretches.at(-1);
    if (last?.isOfOneSequence === isOfOneSequence) last.operators.push(operator);
    else stretches.push({ isOfOneSequence, operators: [operator] });
  }
  return stretches;
}
