import type { Cut } from "../act/cuts.ts";
import type { EditValue } from "../act/edit.ts";
import type { CutSource } from "../act/featureChange.ts";
import { rowsOf } from "../act/rowsOf.ts";
import type { Step } from "../backend/deviceTensor.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";

/** A step between two of its operators. */
export interface CutStep {
  readonly step: Step;
  /** The rows of the step of a value. */
  read(name: string): Promise<HostArray>;
  write(name: string, rows: HostArray): Promise<void>;
}

/** Takes the rows of a step that a cut is for through its function. @throws InputError ERR_EDIT for numbers of a wrong shape; what the function throws */
export async function applyCut(open: CutStep, cut: Cut): Promise<void> {
  const { what, isHead, target, span, source, change } = cut;
  const { start: first, nTokens } = open.step;
  const start = Math.max(span.start, first);
  const end = Math.min(span.end, first + nTokens);
  if (start >= end) return;
  const rows = await open.read(target.value);
  const width = rows.length / nTokens;
  const { columnCount, site } = target;
  const count = end - start;
  const part = { start: start - first, count, nTokens };
  const inner = site.shape.slice(isHead ? 2 : 1).map(Number);
  const dims = isHead ? site.dims.toSpliced(1, 1) : site.dims;
  const value = new Tensor(columnsOf(rows, target, part), [count, ...inner], dims);
  const beside =
    source === null
      ? value
      : new Tensor(columnsOf(await open.read(source.value), source, part), [
          count,
          source.columnCount,
        ]);
  const given: EditValue | undefined = await change(value, { site: site.name, start, end }, beside);
  const numbers = rowsOf(what, given ?? value, columnCount, count);
  const isOne = numbers.shape[0] === 1;
  for (let i = 0; i < count; i++) {
    const from = isOne ? 0 : i * columnCount;
    rows.set(
      numbers.data.subarray(from, from + columnCount),
      (part.start + i) * width + target.columnStart,
    );
  }
  await open.write(target.value, rows);
}

interface RowsPart {
  readonly start: number;
  readonly count: number;
  readonly nTokens: number;
}

/** Columns of some rows of a step, of the same type. */
function columnsOf(
  rows: HostArray,
  { columnStart, columnCount }: Omit<CutSource, "value">,
  { start, count, nTokens }: RowsPart,
): HostArray {
  const width = rows.length / nTokens;
  const data = new (rows.constructor as new (length: number) => HostArray)(count * columnCount);
  for (let i = 0; i < count; i++) {
    const from = (start + i) * width + columnStart;
    data.set(rows.subarray(from, from + columnCount), i * columnCount);
  }
  return data;
}
