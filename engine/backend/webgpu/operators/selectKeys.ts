import { rowSize } from "../../checkOperator.ts";
import type { SelectKeys } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { RADIX_SIZE, radixSelect } from "../wgsl/radixSelect.ts";

/** One workgroup per query. */
export function compileSelectKeys(op: SelectKeys): readonly Kernel[] {
  const width = rowSize(op.scores);
  return [
    {
      label: `selectKeys ${op.k}`,
      bindings: [reads("scores", op.scores), writes("indices", op.indices, "i32")],
      params: { width, k: op.k },
      body: () => `${radixSelect("scores")}
${entry(
  RADIX_SIZE,
  `  if (wg >= step.nTokens) { return; }
  let visible = step.start + wg + 1u;
  let row = wg * params.width;
  let to = wg * params.k;
  if (visible <= params.k) {
    for (var j = lid; j < params.k; j += ${RADIX_SIZE}u) { indices[to + j] = select(-1, i32(j), j < visible); }
    return;
  }
  let share = largestOf(row, visible, params.k, lid);
  var place = to + share.place;
  var ties = share.ties;
  for (var s = share.first; s < share.end; s++) {
    let key = sortable(row + s);
    if (key < share.threshold || (key == share.threshold && ties == 0u)) { continue; }
    if (key == share.threshold) { ties--; }
    indices[place] = i32(s);
    place++;
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}
