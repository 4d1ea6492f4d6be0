import { referenceOf } from "../dictionary/dictionary.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Edit, EditValue } from "./edit.ts";

/** An edit as JSON has it: numbers in plain lists. */
export type EditJson = Readonly<Record<string, unknown>> & { readonly kind: Edit["kind"] };

/** The edit as plain JSON, which reads back to the same edit; of a function the text is left. */
export function editJson(edit: Edit): EditJson {
  if (edit.kind === "change") return { ...edit, change: String(edit.change) };
  if (edit.kind === "features") return { ...edit, dictionary: referenceOf(edit.dictionary) };
  if ("value" in edit) return { ...edit, value: plainValue(edit.value) };
  if ("pattern" in edit && edit.pattern !== undefined)
    return { ...edit, pattern: plainValue(edit.pattern) };
  return { ...edit };
}

function plainValue(value: EditValue): unknown {
  if (typeof value === "number") return value;
  if (!(value instanceof Tensor)) return [...value];
  const [nRows = 1] = value.shape;
  if (value.shape.length < 2) return [...value.data];
  const width = value.data.length / nRows;
  return Array.from({ length: nRows }, (_, i) => [
    ...value.data.subarray(i * width, (i + 1) * width),
  ]);
}
