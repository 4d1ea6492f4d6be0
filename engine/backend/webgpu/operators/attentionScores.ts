import { rowSize } from "../../checkOperator.ts";
import type { AttentionScores } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { headEdits } from "../wgsl/headEdits.ts";
import { IS_SELECTED } from "../wgsl/isSelected.ts";
import { valueOfCell } from "../wgsl/mapCell.ts";
import { EXP, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { accumulate, unitOf } from "../wgsl/units.ts";

/** One invocation per query, head and position of the context. */
export function compileAttentionScores(op: AttentionScores): readonly Kernel[] {
  const unit = unitOf(op.dKey);
  const edits = headEdits(op);
  const width = op.out.shape[2] ?? 0;
  const mode = op.lse ? "pattern" : "scores";
  const isVisible = [
    "key < visible",
    ...(op.window === null ? [] : [`visible - key <= ${op.window}u`]),
    ...(op.selection ? ["isSelected(token, visible, key)"] : []),
    ...(op.mask ? ["!isMasked(edgesOf(place), key)"] : []),
  ].join(" && ");
  return [
    {
      label: `attentionScores ${mode} ${op.nHeads}/${op.nKvHeads} ${op.dKey}`,
      bindings: [
        reads("q", op.q, unit),
        reads("k", op.k, unit),
        ...(op.lse ? [reads("lse", op.lse)] : []),
        ...(op.selection ? [reads("selection", op.selection)] : []),
        ...edits.bindings,
        writes("cells", op.out, "u32"),
      ],
      params: {
        nHeads: op.nHeads,
        nKvHeads: op.nKvHeads,
        perKvHead: op.nHeads / op.nKvHeads,
        units: op.dKey / unit,
        width,
        nSelected: op.selection ? rowSize(op.selection) : 0,
        ...edits.params,
      },
      body: () => `${EXP}${op.selection ? IS_SELECTED : ""}${edits.functions}
fn cell(head: u32, place: u32, key: u32) -> f32 {
  let keyRow = (key * params.nKvHeads + head / params.perKvHead) * params.units;
  var dot0 = 0.0;
  for (var u = 0u; u < params.units; u++) {
    let other = k(keyRow + u);
    let mine = q(place * params.units + u);
    ${accumulate("dot0", "mine", "other", unit)}
  }
  ${valueOfCell({ ...op, mode })}
}
${elementwise(
  "step.nTokens * params.nHeads * params.width",
  `  let place = i / params.width;
  let key = i % params.width;
  let token = place / params.nHeads;
  let head = place % params.nHeads;
  let visible = step.start + token + 1u;
  if (${isVisible}) { cells[i] = bitcast<u32>(cell(head, place, key)); } else { cells[i] = ${op.lse ? "0u" : NEGATIVE_INFINITY_BITS}; }`,
)}`,
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * op.nHeads * width),
    },
  ];
}
