import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import { tokenIdError } from "../../indexErrors.ts";
import type { Embed } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

/** @throws ShapeError ERR_INDEX for an id outside the table */
export function embed(op: Embed, step: Step): void {
  const [ids, table, out] = [ints(op.ids), floats(op.table), floats(op.out)];
  const nVocab = op.table.shape[0] ?? 0;
  const dModel = rowSize(op.table);
  for (let t = 0; t < step.nTokens; t++) {
    const id = at(ids, t);
    if (id < 0 || id >= nVocab) throw tokenIdError(id, (step.row ?? 0) + t, nVocab);
    out.set(table.subarray(id * dModel, (id + 1) * dModel), t * dModel);
  }
}
