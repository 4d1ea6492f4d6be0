import type { Step } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import type { Plan } from "../plan/plan.ts";
import type { Program } from "./bindPlan.ts";

/** A program cut in front of what makes logits of the last hidden states. */
export interface ProgramParts {
  readonly body: Program;
  readonly head: readonly Operator[];
}

const knownPrograms = new WeakMap<Program, ProgramParts>();
const knownPlans = new WeakMap<Plan, Plan>();

/** The two parts of a program of the plan's, the same ones each time: backends prepare programs once. */
export function programParts(plan: Plan, program: Program): ProgramParts {
  const known = knownPrograms.get(program);
  if (known !== undefined) return known;
  const { operators, kept } = program;
  const at = headStart(plan);
  const parts = { body: { operators: operators.slice(0, at), kept }, head: operators.slice(at) };
  knownPrograms.set(program, parts);
  return parts;
}

/** The plan without its head, the same one each time. */
export function planOfBody(plan: Plan): Plan {
  const known = knownPlans.get(plan) ?? { ...plan, ops: plan.ops.slice(0, headStart(plan)) };
  knownPlans.set(plan, known);
  return known;
}

/** The last `headRows` rows of a step: every operator of the head takes each row alone. */
export function headStep({ nTokens, start, row = 0 }: Step, headRows: number): Step {
  const before = nTokens - headRows;
  return { nTokens: headRows, start: start + before, row: row + before };
}

function headStart({ ops }: Plan): number {
  return ops.findIndex(({ outputs }) => outputs.includes(LOGITS));
}
