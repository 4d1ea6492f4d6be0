import type { PlanValue } from "./plan.ts";

/** A value's axes as numbers. */
export function concreteShape(
  value: PlanValue,
  sizes: { readonly rows: number; readonly capacity: number },
): number[] {
  return value.shape.map((axis) => {
    if (axis === "T") return sizes.rows;
    return axis === "context" ? sizes.capacity : axis;
  });
}
