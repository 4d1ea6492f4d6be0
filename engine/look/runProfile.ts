import type { StepTaken } from "../execute/stepTaken.ts";
import type { OperatorTime } from "../trace/schema.ts";

/** One row for each operator and phase, in the order of execution; null where steps were not measured. */
export function runProfile(steps: readonly StepTaken[]): OperatorTime[] | null {
  const rows = new Map<string, OperatorTime>();
  for (const { phase, profile } of steps) {
    if (profile === undefined) return null;
    for (const [i, { operator, layer, outputs }] of profile.plan.ops.entries()) {
      const { kind } = operator;
      const [name = kind] = outputs;
      const key = [phase, kind, layer, name].join();
      const { calls, timeNs } = rows.get(key) ?? { calls: 0, timeNs: 0 };
      const took = profile.operatorNs[i] ?? Number.NaN;
      rows.set(key, { phase, kind, layer, name, calls: calls + 1, timeNs: timeNs + took });
    }
  }
  return [...rows.values()];
}
