import { laneForm, SHUFFLED_UNITS } from "./laneForm.ts";
import type { ProductForm, ProductShape } from "./productForm.ts";
import { rowForm } from "./rowForm.ts";
import { tileForm } from "./tileForm.ts";

/**
 * How matrix products are shared out: through workgroup memory, as graphics processors like it; or by whole products for
 * each invocation, as software adapters do, with activations exchanged in subgroups where there are any. No bit depends on it.
 */
export type ProductStyle = (typeof PRODUCT_STYLES)[number];

export const PRODUCT_STYLES = ["workgroup", "lanes", "subgroups"] as const;

/** Invocations of the smallest subgroup that the style "subgroups" can use. */
export const LEAST_SUBGROUP = SHUFFLED_UNITS;

/** A form and the numbers of columns that it is for. */
export interface ProductVariant {
  readonly form: ProductForm;
  readonly applies: (columns: number) => boolean;
}

/** The forms of a product in a style; each number of columns has exactly one. */
export function productForms(shape: ProductShape, style: ProductStyle): readonly ProductVariant[] {
  const nWeights = shape.weights.length;
  if (style !== "workgroup") {
    const form = (rows: number, columns: number) =>
      laneForm(shape, rowsEach(shape.n, rows / nWeights), columns, style === "subgroups");
    return [
      { form: form(8, 1), applies: (columns) => columns === 1 },
      { form: form(4, 4), applies: (columns) => columns > 1 },
    ];
  }
  const tile = { across: 8, along: 16, rowsEach: 8 / nWeights, columnsEach: 4 };
  return [
    { form: rowForm(shape, 4 / nWeights, 1), applies: (columns) => columns === 1 },
    { form: rowForm(shape, 4 / nWeights, 4), applies: (columns) => columns > 1 && columns <= 8 },
    { form: tileForm(shape, tile), applies: (columns) => columns > 8 },
  ];
}

/** Fewer for small matrices, so that their workgroups keep all processors busy. */
function rowsEach(n: number, most: number): number {
  let rows = most;
  while (rows > 1 && rows * 32 > n) rows /= 2;
  return rows;
}
