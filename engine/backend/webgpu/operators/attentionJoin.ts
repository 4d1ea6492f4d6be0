import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import type { Attention } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { headEdits } from "../wgsl/headEdits.ts";
import { EXP, LOWEST, NAN_BITS } from "../wgsl/math.ts";
import {
  chunkRange,
  JOIN,
  JOINED,
  momentsBinding,
  mostChunks,
  PARTIAL_WORDS,
  stored,
  storeMoments,
} from "./attentionChunks.ts";

const SIZE = 64;

/** Joins the chunks of each query in order. @param parts as `attentionWalk` leaves them */
export function attentionJoin(
  op: Attention,
  parts: DeviceTensor,
  applies: (step: Step) => boolean,
): Kernel {
  const edits = headEdits({ ...op, temperatures: null });
  const { first, end } = chunkRange(op, "position");
  const out = stored(op, "totalHighest", "totalMass", "totals[d]");
  return {
    label: `join attention ${op.nHeads} ${op.dValue}`,
    bindings: [
      reads("parts", parts),
      ...(op.sinks && op.moments ? [reads("sinks", op.sinks)] : []),
      ...edits.bindings,
      writes("result", op.out),
      writes("lse", op.lse, op.mask ? "u32" : "f32"),
      ...momentsBinding(op),
    ],
    params: {
      nHeads: op.nHeads,
      dValue: op.dValue,
      window: op.window ?? 0xffffffff,
      nSelected: op.selection ? rowSize(op.selection) : 0,
      chunks: mostChunks(op),
      ...edits.params,
      ...(op.mask ? { nan: NAN_BITS } : {}),
    },
    body: () => `${EXP}${JOINED}${edits.functions}
var<workgroup> totals: array<f32, ${op.dValue}>;
${entry(
  SIZE,
  `  let place = wg;
  if (place >= step.nTokens * params.nHeads) { return; }
  let position = step.start + place / params.nHeads;
  var totalHighest = ${LOWEST};
  var totalMass = 0.0;
  var totalMoments = vec2(0.0);
  for (var d = lid; d < params.dValue; d += ${SIZE}u) { totals[d] = 0.0; }
  for (var chunk = ${first}; chunk < ${end}; chunk++) {
    let part = (place * params.chunks + chunk) * (params.dValue + ${PARTIAL_WORDS}u);
    let highest = parts(part);
    let mass = parts(part + 1u);
    let ofChunk = vec2(parts(part + 2u), parts(part + 3u));
${JOIN}
    for (var d = lid; d < params.dValue; d += ${SIZE}u) {
      totals[d] = joined(totals[d], parts(part + ${PARTIAL_WORDS}u + d), kept, added);
    }
  }
  if (lid == 0u) {
    lse[place] = ${out.lse};
${storeMoments(op)}
  }
  for (var d = lid; d < params.dValue; d += ${SIZE}u) { result[place * params.dValue + d] = ${out.z}; }`,
)}`,
    workgroups: (step) => (applies(step) ? step.nTokens * op.nHeads : 0),
  };
}
