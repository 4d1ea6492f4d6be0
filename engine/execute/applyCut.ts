import type { Cut } from "../act/compileEdits.ts";
import type { EditValue } from "../act/edit.ts";
import { rowsOf } from "../act/rowsOf.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { OpenStep } from "./openStep.ts";

/** Takes the rows of a step that a cut is for through its function. @throws InputError ERR_EDIT for numbers of a wrong shape; what the function throws */
export async function applyCut(open: OpenStep, { what, edit, target, span }: Cut): Promise<void> {
  const { start: first, nTokens } = open.step;
  const start = Math.max(span.start, first);
  const end = Math.min(span.end, first + nTokens);
  if (start >= end) return;
  const rows = await open.read(target.value);
  const width = rows.length / nTokens;
  const { columnStart, columnCount, site } = target;
  const count = end - start;
  const data = new (rows.constructor as new (length: number) => typeof rows)(count * columnCount);
  const place = (i: number) => (start - first + i) * width + columnStart;
  for (let i = 0; i < count; i++)
    data.set(rows.subarray(place(i), place(i) + columnCount), i * columnCount);
  const inner = site.shape.slice(edit.head === undefined ? 1 : 2).map(Number);
  const dims = edit.head === undefined ? site.dims : site.dims.toSpliced(1, 1);
  const value = new Tensor(data, [count, ...inner], dims);
  const given: EditValue | undefined = await edit.change(value, { site: edit.site, start, end });
  const numbers = rowsOf(what, given ?? value, columnCount, count);
  const isOne = numbers.shape[0] === 1;
  for (let i = 0; i < count; i++) {
    const from = isOne ? 0 : i * columnCount;
    rows.set(numbers.data.subarray(from, from + columnCount), place(i));
  }
  await open.write(target.value, rows);
}
