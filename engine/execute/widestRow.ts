import type { Plan } from "../plan/plan.ts";

/** Elements that the widest activation has for one token. */
export function widestRow(plan: Plan, capacity: number): number {
  const known = widths.get(plan) ?? rowWidths(plan);
  widths.set(plan, known);
  return Math.max(known.fixed, known.perPosition * capacity);
}

interface RowWidths {
  readonly fixed: number;
  /** Of the widest that has a column for each position. */
  readonly perPosition: number;
}

const widths = new WeakMap<Plan, RowWidths>();

function rowWidths(plan: Plan): RowWidths {
  let fixed = 1;
  let perPosition = 0;
  for (const { shape } of plan.values.values()) {
    if (shape[0] !== "T") continue;
    const width = shape.reduce<number>((n, axis) => (typeof axis === "number" ? n * axis : n), 1);
    if (shape.includes("context")) perPosition = Math.max(perPosition, width);
    else fixed = Math.max(fixed, width);
  }
  return { fixed, perPosition };
}
