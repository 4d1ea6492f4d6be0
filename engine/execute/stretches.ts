import type { Operator } from "../backend/operators.ts";
import { contractOf } from "../backend/operatorTable.ts";
import type { Program } from "./bindPlan.ts";

/**
 * How the sequences of a step go through a stretch. together: its operators know no positions, and take all rows at once; sideBySide:
 * each takes its own rows, at its own position and with its own caches; inTurn: one after the other as well, since they have a place
 * of the frame in common.
 */
type Way = "together" | "sideBySide" | "inTurn";

/** Neighbours in a program that are executed in one way. */
export interface Stretch {
  readonly way: Way;
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
  const stretches: { way: Way; operators: Operator[] }[] = [];
  for (const operator of operators) {
    const { isOfOneSequence } = contractOf(operator.kind);
    const last = stretches.at(-1);
    if (last !== undefined && (last.way !== "together") === isOfOneSequence)
      last.operators.push(operator);
    else
      stretches.push({
        way: isOfOneSequence ? "sideBySide" : "together",
        operators: [operator],
      });
  }
  // Keys and values that are rebuilt from latents lie in the same rows for every sequence, until attention has read them.
  for (const stretch of stretches)
    if (stretch.operators.some(({ kind }) => kind === "mlaExpand")) stretch.way = "inTurn";
  return stretches;
}
