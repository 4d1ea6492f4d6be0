import type { Plan, PlanOp, PlanValue } from "./plan.ts";

/** Some of a plan's operators in a row, as a plan of their own. */
export interface PlanPart {
  /** What the operators read of earlier ones is an input of it. */
  readonly plan: Plan;
  /** Names of those inputs. */
  readonly entering: readonly string[];
}

/** The operators [from, to). No cache may be read that was written before: `resumePoint` says where that holds. */
export function planPart(plan: Plan, from: number, to: number): PlanPart {
  const ops = plan.ops.slice(from, to);
  const written = new Set<string>();
  const entering = new Set<string>();
  const values = new Map<string, PlanValue>();
  for (const { inputs, outputs } of ops) {
    for (const name of [...inputs, ...outputs]) {
      const value = plan.values.get(name);
      if (value === undefined) throw new Error(`the plan has no value ${name}`);
      const enters = value.role === "activation" && !written.has(name) && inputs.includes(name);
      if (enters) entering.add(name);
      if (!values.has(name)) values.set(name, enters ? { ...value, role: "input" } : value);
    }
    for (const name of outputs) written.add(name);
  }
  const weights = new Map(
    ops
      .flatMap((op) => op.weights)
      .flatMap((name) => {
        const weight = plan.weights.get(name);
        return weight === undefined ? [] : [[name, weight] as const];
      }),
  );
  return { plan: { ...plan, values, weights, ops }, entering: [...entering] };
}

/** Index of the last operator that writes the value. */
export function lastWriter(ops: readonly PlanOp[], name: string): number {
  const index = ops.findLastIndex(({ outputs }) => outputs.includes(name));
  if (index === -1) throw new Error(`the plan never writes ${name}`);
  return index;
}
