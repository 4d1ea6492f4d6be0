import { rowSize } from "../../checkOperator.ts";
import { ATTENTION_METRICS, type AttentionMetrics } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { headEdits } from "../wgsl/headEdits.ts";
import { IS_SELECTED } from "../wgsl/isSelected.ts";
import { EXP, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { workgroupTree } from "../wgsl/tree.ts";
import { accumulate, unitOf } from "../wgsl/units.ts";

const SIZE = 64;

/** A workgroup for each query and head, whose invocations stride over the keys. Ignores the step. */
export function compileAttentionMetrics(op: AttentionMetrics): readonly Kernel[] {
  const nRows = Math.ceil(op.queryCount / op.queryStep);
  const unit = unitOf(op.dKey);
  const edits = headEdits(op);
  return [
    {
      label: `attentionMetrics ${nRows}x${op.nHeads}`,
      bindings: [
        reads("q", op.q, unit),
        reads("k", op.k, unit),
        reads("lse", op.lse),
        reads("earlier", op.earlier),
        ...(op.selection ? [reads("selection", op.selection)] : []),
        ...edits.bindings,
        writes("metrics", op.out),
      ],
      params: {
        nHeads: op.nHeads,
        nKvHeads: op.nKvHeads,
        perKvHead: op.nHeads / op.nKvHeads,
        units: op.dKey / unit,
        total: nRows * op.nHeads,
        queryStart: op.queryStart,
        queryStep: op.queryStep,
        nSelected: op.selection ? rowSize(op.selection) : 0,
        ...edits.params,
      },
      body: () => `${EXP}${edits.functions}${op.selection ? IS_SELECTED : ""}
${exponentFunction(op, unit)}
var<workgroup> reduced: array<f32, ${SIZE}>;
${entry(SIZE, BODY)}`,
      workgroups: () => nRows * op.nHeads,
    },
  ];
}

/** `exponent(head, query, key)`: score - lse of a visible pair, and what has no weight far below all others. */
function exponentFunction(op: AttentionMetrics, unit: 1 | 4): string {
  const score = `dot0 * ${op.scale}`;
  const isHidden = [
    "key > query",
    ...(op.window === null ? [] : [`query - key >= ${op.window}u`]),
    ...(op.selection ? ["!isSelected(query, query + 1u, key)"] : []),
    ...(op.mask ? ["isMasked(edges(place), key)"] : []),
    `bitcast<u32>(lse(place)) == ${NEGATIVE_INFINITY_BITS}`,
  ].join(" || ");
  return `fn exponent(head: u32, query: u32, key: u32) -> f32 {
  let place = query * params.nHeads + head;
  if (${isHidden}) { return NO_WEIGHT; }
  let keyRow = (key * params.nKvHeads + head / params.perKvHead) * params.units;
  var dot0 = 0.0;
  for (var u = 0u; u < params.units; u++) {
    let other = k(keyRow + u);
    let mine = q(place * params.units + u);
    ${accumulate("dot0", "mine", "other", unit)}
  }
  return ${op.temperatures ? `softened(${score}, head)` : score} - lse(place);
}
const NO_WEIGHT = -1e30;
fn weight(head: u32, query: u32, key: u32) -> f32 {
  let x = exponent(head, query, key);
  if (x == NO_WEIGHT) { return 0.0; }
  return expF32(x);
}`;
}

/** Copies of the token are taken by one invocation after the other. */
const BODY = `  if (wg >= params.total) { return; }
  let head = wg % params.nHeads;
  let query = params.queryStart + wg / params.nHeads * params.queryStep;
  var bits = 0.0;
  for (var key = lid; key <= query; key += ${SIZE}u) {
    let x = exponent(head, query, key);
    if (x != NO_WEIGHT) { bits -= expF32(x) * x; }
  }
  reduced[lid] = bits;
${workgroupTree("reduced", SIZE)}
  bits = reduced[0] * ${Math.LOG2E};
  workgroupBarrier();
  var induced = 0.0;
  var copies = 0u;
  var place = i32(query);
  var next = i32(earlier(query));
  while (next >= 0 && next < place) {
    if (copies % ${SIZE}u == lid) { induced += weight(head, query, u32(next) + 1u); }
    copies++;
    place = next;
    next = i32(earlier(u32(place)));
  }
  reduced[lid] = induced;
${workgroupTree("reduced", SIZE)}
  if (lid == 0u) {
    let at = wg * ${ATTENTION_METRICS}u;
    var previous = -1.0;
    if (query > 0u) { previous = weight(head, query, query - 1u); }
    metrics[at] = previous;
    metrics[at + 1u] = select(-1.0, reduced[0], copies > 0u);
    metrics[at + 2u] = weight(head, query, query);
    metrics[at + 3u] = weight(head, query, 0u);
    metrics[at + 4u] = bits;
  }`;
