import type { DeviceDType, DeviceTensor } from "../backend/deviceTensor.ts";
import type { Plan } from "../plan/plan.ts";
import { costedOperators } from "./costedOperators.ts";
import { operatorCost } from "./operatorCost.ts";

/** The plan with a printed form. */
export interface ExplainedPlan extends Plan {
  /** One line per operator: what it computes, from which weights, with how many FLOPs and bytes for one token. */
  explain(): string;
}

/** A table of the plan's operators with the work of one token that stands at the end of a full context. */
export function explainPlan(
  plan: Plan,
  weights: ReadonlyMap<string, DeviceTensor>,
  widened: ReadonlyMap<string, string>,
  floatDType: DeviceDType,
): string {
  const { contextLength } = plan.spec;
  const step = { nTokens: 1, start: contextLength - 1 };
  const operators = costedOperators(plan, weights, floatDType, {
    rows: 1,
    capacity: contextLength,
  });
  const rows = plan.ops.map((op, i) => {
    const operator = operators[i]?.operator;
    if (operator === undefined) throw new Error("as many costed operators as operators");
    const chosen = operator.kind === "expertsUp" || operator.kind === "expertsDown";
    const nTouched = chosen ? (operator.indices.shape.at(-1) ?? 0) : 0;
    const cost = operatorCost(operator, step, nTouched);
    const nSeen = Math.min(contextLength, cost.window ?? contextLength);
    const flops =
      cost.flopsPerToken + cost.flopsLastToken + cost.flopsPerStep + cost.flopsPerPair * nSeen;
    const bytes = cost.weightBytes + cost.kvReadBytes + cost.kvWriteBytes;
    const [first = "", ...others] = op.outputs;
    const shape = plan.values.get(first)?.shape ?? [];
    const written = `${first} (${shape.join(", ")})${others.length > 0 ? ` and ${others.length} more` : ""}`;
    const named = op.weights.map((name) => {
      const sizes = plan.weights.get(name)?.shape ?? [];
      const stored = widened.get(name);
      const dtype = `${weights.get(name)?.dtype}${stored === undefined ? "" : `, stored as ${stored}`}`;
      return `${name} (${sizes.join(", ")}) ${dtype}`;
    });
    return [
      operator.kind,
      flops.toLocaleString("en"),
      bytes.toLocaleString("en"),
      written,
      named.join(" ") || "-",
    ];
  });
  const header = ["operator", "FLOPs", "bytes", "writes", "weights"];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const isNumber = (column: number): boolean => column === 1 || column === 2;
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const title = `${plan.spec.architecture}, ${[...new Set(plan.form)].join(" and ")} attention, one token at the end of ${contextLength}`;
  return [title, line(header), ...rows.map(line)].join("\n");
}
