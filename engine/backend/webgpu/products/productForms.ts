import { laneForm, SHUFFLED_UNITS } from "./laneForm.ts";
import { type FormChoice, type ProductChoice, sameForm } from "./productChoice.ts";
import type { ProductForm, ProductShape } from "./productForm.ts";
import { rowForm } from "./rowForm.ts";
import { tileForm } from "./tileForm.ts";

/** Invocations of the smallest subgroup that the style "subgroups" can use. */
export const LEAST_SUBGROUP = SHUFFLED_UNITS;

/** A form and the numbers of columns that it is for. */
export interface ProductVariant {
  readonly form: ProductForm;
  readonly applies: (columns: number) => boolean;
}

/** Columns that are few: more than one, and no more than this. */
const MOST_FEW = 8;

/** The forms of a product as they are chosen; each number of columns has exactly one. */
export function productForms(
  shape: ProductShape,
  { one, few, many }: ProductChoice,
): readonly ProductVariant[] {
  const single = { form: formOf(shape, one), applies: (columns: number) => columns === 1 };
  if (sameForm(few, many))
    return [single, { form: formOf(shape, few), applies: (columns) => columns > 1 }];
  return [
    single,
    { form: formOf(shape, few), applies: (columns) => columns > 1 && columns <= MOST_FEW },
    { form: formOf(shape, many), applies: (columns) => columns > MOST_FEW },
  ];
}

function formOf(shape: ProductShape, choice: FormChoice): ProductForm {
  const rows = choice.rowsEach / shape.weights.length;
  switch (choice.form) {
    case "rows":
      return rowForm(shape, rows, choice.columns);
    case "tile":
      return tileForm(shape, { ...choice, rowsEach: rows });
    case "lanes":
      return laneForm(shape, rowsEach(shape.n, rows), choice.columns, choice.subgroups);
  }
}

/** Fewer for small matrices, so that their workgroups keep all processors busy. */
function rowsEach(n: number, most: number): number {
  let rows = most;
  while (rows > 1 && rows * 32 > n) rows /= 2;
  return rows;
}
