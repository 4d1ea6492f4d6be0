import type { Operator } from "../backend/operators.ts";
import { contractOf } from "../backend/operatorTable.ts";
import type { Program } from "./bindPlan.ts";

/** Neighbours in a program that are executed together. */
export interface Stretch {
  /** Whether they know positions, and run once for each sequence of a step; the others take all its rows at once. */
  readonly isOfOneSequence: boolean;
  readonly operators: readonly Operator[];
}

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
    const isOfOneSequence = contractOf(operator.kind).isOfOneSequence;
    const last = stretches.at(-1);
    if (last?.isOfOneSequence === isOfOneSequence) last.operators.push(operator);
    else stretches.push({ isOfOneSequence, operators: [operator] });
  }
  return stretches;
}
