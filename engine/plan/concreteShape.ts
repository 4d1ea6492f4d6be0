import { edgeMaskShape } from "../backend/edgeMask.ts";
import type { PlanValue } from "./plan.ts";

/** A value's axes as numbers. */
export function concreteShape(
  value: PlanValue,
  sizes: { readonly rows: number; readonly capacity: number },
): number[] {
  if (value.edges !== undefined) {
    const { nHeads, words, nRows } = value.edges;
    return edgeMaskShape(sizes.rows, nHeads, 32 * words, nRows);
  }
  return value.shape.map((axis) => {
    if (axis === "T") return sizes.rows;
    return axis === "context" ? sizes.capacity : axis;
  });
}
