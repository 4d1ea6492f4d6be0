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
        ...(op.moments ? [reads("moments", op.moments)] : []),
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
var<workgroup> reduced: array<vec2<f32>, ${SIZE}>;
${entry(SIZE, body(op))}`,
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

/** Entropy and distance: as attention kept them, or from all keys. */
function momentsOf({ moments }: AttentionMetrics): string {
  if (moments)
    return `  let place = query * params.nHeads + head;
  let sums = vec2(moments(2u * place), moments(2u * place + 1u));`;
  return `  var part = vec2(0.0);
  for (var key = lid; key <= query; key += ${SIZE}u) {
    let x = exponent(head, query, key);
    if (x != NO_WEIGHT) { part += expF32(x) * vec2(-x, f32(query - key)); }
  }
  reduced[lid] = part;
${workgroupTree("reduced", SIZE)}
  let sums = reduced[0];
  workgroupBarrier();`;
}

/** Copies of the token are taken by one invocation after the other. */
const body = (op: AttentionMetrics) => `  if (wg >= params.total) { return; }
  let head = wg % params.nHeads;
  let query = params.queryStart + wg / params.nHeads * params.queryStep;
${momentsOf(op)}
  var copied = vec2(0.0);
  var copies = 0u;
  var at = i32(query);
  var next = i32(earlier(query));
  while (next >= 0 && next < at) {
    if (copies % ${SIZE}u == lid) {
      copied += vec2(weight(head, query, u32(next) + 1u), weight(head, query, u32(next)));
    }
    copies++;
    at = next;
    next = i32(earlier(u32(at)));
  }
  reduced[lid] = copied;
${workgroupTree("reduced", SIZE)}
  if (lid == 0u) {
    let into = wg * ${ATTENTION_METRICS}u;
    var previous = -1.0;
    if (query > 0u) { previous = weight(head, query, query - 1u); }
    metrics[into] = previous;
    metrics[into + 1u] = select(-1.0, reduced[0].x, copies > 0u);
    metrics[into + 2u] = weight(head, query, query);
    metrics[into + 3u] = weight(head, query, 0u);
    metrics[into + 4u] = sums.x * ${Math.LOG2E};
    metrics[into + 5u] = select(-1.0, reduced[0].y, copies > 0u);
    metrics[into + 6u] = sums.y;
  }`;
