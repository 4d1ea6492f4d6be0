import type { ScaleGrid } from "./scaleGrid.ts";

/** What a group of compressed-tensors does to weights. */
export interface WeightScheme {
  readonly type: "float" | "int";
  readonly bits: number;
  readonly symmetric: boolean;
  readonly grid: ScaleGrid;
}
