import { rowSize } from "../../checkOperator.ts";
import type { SelectKeys } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";

const SIZE = 256;

/**
 * One workgroup per query. The k-th largest score is found digit by digit (radix selection, eight bits at a time, over
 * counts of whole numbers); then every invocation writes what its own stretch of keys has at or above it.
 */
export function compileSelectKeys(op: SelectKeys): readonly Kernel[] {
  const width = rowSize(op.scores);
  return [
    {
      label: `selectKeys ${op.k}`,
      bindings: [reads("scores", op.scores), writes("indices", op.indices, "i32")],
      params: { width, k: op.k },
      body: `var<workgroup> counts: array<atomic<u32>, ${SIZE}>;
var<workgroup> larger: array<u32, ${SIZE}>;
var<workgroup> equal: array<u32, ${SIZE}>;
var<workgroup> known: u32;
var<workgroup> wanted: u32;
/** A u32 that is ordered as the score is. */
fn sortable(i: u32) -> u32 {
  let bits = bitcast<u32>(scores(i));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}
${entry(
  SIZE,
  `  if (wg >= step.nTokens) { return; }
  let visible = step.start + wg + 1u;
  let row = wg * params.width;
  let to = wg * params.k;
  if (visible <= params.k) {
    for (var j = lid; j < params.k; j += ${SIZE}u) { indices[to + j] = select(-1, i32(j), j < visible); }
    return;
  }
  if (lid == 0u) { known = 0u; wanted = params.k; }
  var mask = 0u;
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    atomicStore(&counts[lid], 0u);
    workgroupBarrier();
    for (var s = lid; s < visible; s += ${SIZE}u) {
      let key = sortable(row + s);
      if ((key & mask) == known) { atomicAdd(&counts[(key >> shift) & 255u], 1u); }
    }
    workgroupBarrier();
    if (lid == 0u) {
      var digit = 255u;
      while (atomicLoad(&counts[digit]) < wanted) {
        wanted -= atomicLoad(&counts[digit]);
        digit--;
      }
      known |= digit << shift;
    }
    workgroupBarrier();
    mask |= 255u << shift;
  }
  let threshold = known;
  let share = (visible + ${SIZE - 1}u) / ${SIZE}u;
  let first = min(lid * share, visible);
  let end = min(first + share, visible);
  var above = 0u;
  var ties = 0u;
  for (var s = first; s < end; s++) {
    let key = sortable(row + s);
    if (key > threshold) { above++; }
    if (key == threshold) { ties++; }
  }
  larger[lid] = above;
  equal[lid] = ties;
  workgroupBarrier();
  var before = 0u;
  var tiesBefore = 0u;
  for (var other = 0u; other < lid; other++) {
    before += larger[other];
    tiesBefore += equal[other];
  }
  var tiesLeft = wanted - min(tiesBefore, wanted);
  var place = to + before + min(tiesBefore, wanted);
  for (var s = first; s < end; s++) {
    let key = sortable(row + s);
    if (key == threshold && tiesLeft == 0u) { continue; }
    if (key == threshold) { tiesLeft--; }
    if (key >= threshold) {
      indices[place] = i32(s);
      place++;
    }
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}
