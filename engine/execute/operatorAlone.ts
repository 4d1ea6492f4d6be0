import type { Operator } from "../backend/operators.ts";
import type { Plan } from "../plan/plan.ts";
import type { Program } from "./bindPlan.ts";

const known = new WeakMap<Program, Map<string, readonly Operator[]>>();

/** The operator of a plan's program that writes a value, as a program, the same one each time: backends prepare programs once. */
export function operatorAlone(plan: Plan, program: Program, name: string): readonly Operator[] {
  const ofProgram = known.get(program) ?? new Map<string, readonly Operator[]>();
  known.set(program, ofProgram);
  const before = ofProgram.get(name);
  if (before !== undefined) return before;
  const index = plan.ops.findIndex(({ outputs }) => outputs.includes(name));
  const alone = program.operators.slice(index, index + 1);
  if (index < 0 || alone.length === 0) throw new Error(`no operator writes ${name}`);
  ofProgram.set(name, alone);
  return alone;
}
