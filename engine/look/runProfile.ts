import { costClassOf } from "../cost/costClass.ts";
import type { StepTaken } from "../execute/stepTaken.ts";
import type { OperatorTime } from "../trace/schema.ts";

/** One row for each operator and phase, in the order of execution; null where steps were not measured. */
export function runProfile(steps: readonly StepTaken[]): OperatorTime[] | null {
  const rows = new Map<string, OperatorTime>();
  for (const { phase, profile } of steps) {
    if (profile === undefined) return null;
    for (const [i, op] of profile.plan.ops.entries()) {
      const { layer, outputs, operator } = op;
      const { kind } = operator;
      const [name = kind] = outputs;
      const key = [phase, kind, layer, name].join();
      const { calls, timeNs } = rows.get(key) ?? { calls: 0, timeNs: 0 };
      const took = profile.times.durationNs[i] ?? Number.NaN;
      const costClass = costClassOf(op);
      const sums = { calls: calls + 1, timeNs: timeNs + took };
      rows.set(key, { phase, kind, layer, name, costClass, ...sums });
    }
  }
  return [...rows.values()];
}
