import { laneForm } from "./laneForm.ts";
import { type FormChoice, type ProductChoice, sameForm } from "./productChoice.ts";
import type { ProductForm, ProductShape } from "./productForm.ts";
import { rowForm } from "./rowForm.ts";
import type { Subgroups } from "./subgroups.ts";
import { tileForm } from "./tileForm.ts";

/** A form and the numbers of columns that it is for. */
export interface ProductVariant {
  readonly form: ProductForm;
  readonly applies: (columns: number) => boolean;
}

/** Columns that are few: more than one, and no more than this. */
const MOST_FEW = 8;

/** What a device's products are shared out by. */
export interface ProductTarget {
  readonly products: ProductChoice;
  readonly subgroups: Subgroups;
}

/** The forms of a product as they are chosen; each number of columns has exactly one. */
export function productForms(
  shape: ProductShape,
  { products: { one, few, many }, subgroups }: ProductTarget,
): readonly ProductVariant[] {
  const form = (choice: FormChoice) => formOf(shape, choice, subgroups);
  const single = { form: form(one), applies: (columns: number) => columns === 1 };
  if (sameForm(few, many)) return [single, { form: form(few), applies: (columns) => columns > 1 }];
  return [
    single,
    { form: form(few), applies: (columns) => columns > 1 && columns <= MOST_FEW },
    { form: form(many), applies: (columns) => columns > MOST_FEW },
  ];
}

function formOf(shape: ProductShape, choice: FormChoice, subgroups: Subgroups): ProductForm {
  const rows = choice.rowsEach / shape.weights.length;
  switch (choice.form) {
    case "rows":
      return rowForm(shape, rows, choice.columns, choice.subgroups ? subgroups : null);
    case "tile":
      return tileForm(shape, { ...choice, rowsEach: rows });
    case "lanes":
      return laneForm(
        shape,
        rowsEach(shape.n, rows),
        choice.columns,
        choice.subgroups ? subgroups.least : 0,
      );
  }
}

/** Fewer for small matrices, so that their workgroups keep all processors busy. */
function rowsEach(n: number, most: number): number {
  let rows = most;
  while (rows > 1 && rows * 32 > n) rows /= 2;
  return rows;
}
