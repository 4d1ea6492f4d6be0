import type { Step } from "../../backend.ts";
import type { Attention } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { accumulate, unitOf } from "../wgsl/dot.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, LOWEST } from "../wgsl/math.ts";

/** Keys per tile of the online softmax, one per invocation; tiles stand at multiples of it from key 0. */
const TILE = 64;

/** Queries of one key head that share a pass over the keys. */
const QUERIES = 4;

/**
 * Causal flash attention. A workgroup walks the key tiles in order with the online softmax of arXiv:2205.14135: a
 * query's arithmetic depends on its position alone, so neither T nor the neighbours in its workgroup change a bit.
 */
export function compileAttention(op: Attention): readonly Kernel[] {
  const perKvHead = op.nHeads / op.nKvHeads;
  const rows = (step: Step) => step.nTokens * perKvHead;
  return [
    variant(op, 1, (step) => rows(step) === 1),
    variant(op, QUERIES, (step) => rows(step) > 1),
  ];
}

function variant(op: Attention, queries: number, applies: (step: Step) => boolean): Kernel {
  const unit = unitOf(op.dKey);
  const units = op.dKey / unit;
  const perKvHead = op.nHeads / op.nKvHeads;
  const each = Array.from({ length: queries }, (_, r) => r);
  const parts = Array.from({ length: Math.ceil(op.dValue / TILE) }, (_, d) => d);
  const all = (line: (r: number) => string) => each.map(line).join("\n");
  const value =
    op.v === null
      ? unit === 4
        ? (d: string) => `k(keyRow + ${d} / 4u)[${d} % 4u]`
        : (d: string) => `k(keyRow + ${d})`
      : (d: string) => `v(valueRow + ${d})`;
  const visible = (r: number, key: string) =>
    `${key} <= position${r}${op.window === null ? "" : ` && position${r} - ${key} < ${op.window}u`}`;

  return {
    label: `attention ${op.nHeads}/${op.nKvHeads} ${op.dKey}:${op.dValue}`,
    bindings: [
      reads("q", op.q, unit),
      reads("k", op.k, unit),
      ...(op.v === null ? [] : [reads("v", op.v)]),
      writes("result", op.out),
      writes("lse", op.lse),
    ],
    params: { nHeads: op.nHeads, nKvHeads: op.nKvHeads, perKvHead },
    body: `${EXP}
var<workgroup> query: array<${unit === 4 ? "vec4<f32>" : "f32"}, ${queries * units}>;
var<workgroup> scores: array<f32, ${queries * TILE}>;
var<workgroup> masses: array<f32, ${queries * TILE}>;
${entry(
  TILE,
  `  let nRows = step.nTokens * params.perKvHead;
  let kvHead = wg % params.nKvHeads;
  let firstRow = wg / params.nKvHeads * ${queries}u;
  if (firstRow >= nRows) { return; }
${all(
  (r) => `  let row${r} = min(firstRow + ${r}u, nRows - 1u);
  let head${r} = kvHead * params.perKvHead + row${r} % params.perKvHead;
  let position${r} = step.start + row${r} / params.perKvHead;
  let place${r} = row${r} / params.perKvHead * params.nHeads + head${r};
  for (var u = lid; u < ${units}u; u += ${TILE}u) { query[${r * units}u + u] = q(place${r} * ${units}u + u); }
  var maximum${r} = ${LOWEST};
  var mass${r} = 0.0;
${parts.map((d) => `  var sum${r}_${d} = 0.0;`).join("\n")}`,
)}
  let firstKey = ${op.window === null ? "0u" : `select(0u, position0 + 1u - ${op.window}u, position0 >= ${op.window}u)`};
  let endKey = position${queries - 1} + 1u;
  workgroupBarrier();
  for (var tile = firstKey / ${TILE}u * ${TILE}u; tile < endKey; tile += ${TILE}u) {
    let nKeys = min(${TILE}u, endKey - tile);
    if (lid < nKeys) {
      let key = tile + lid;
      let keyRow = (key * params.nKvHeads + kvHead) * ${units}u;
${all((r) => `      var dot${r} = 0.0;`)}
      for (var u = 0u; u < ${units}u; u++) {
        let other = k(keyRow + u);
${all((r) => `        { let mine = query[${r * units}u + u]; ${accumulate(`dot${r}`, "mine", "other", unit)} }`)}
      }
${all((r) => `      scores[${r * TILE}u + lid] = select(${LOWEST}, dot${r} * ${op.scale}, ${visible(r, "key")});`)}
    }
    workgroupBarrier();
${all((r) => `    let before${r} = maximum${r};`)}
    for (var j = 0u; j < nKeys; j++) {
${all((r) => `      maximum${r} = max(maximum${r}, scores[${r * TILE}u + j]);`)}
    }
    if (lid < nKeys) {
      let key = tile + lid;
${all((r) => `      masses[${r * TILE}u + lid] = select(0.0, expF32(scores[${r * TILE}u + lid] - maximum${r}), ${visible(r, "key")});`)}
    }
    workgroupBarrier();
${all(
  (r) => `    let shrink${r} = expF32(before${r} - maximum${r});
    mass${r} *= shrink${r};
${parts.map((d) => `    sum${r}_${d} *= shrink${r};`).join("\n")}`,
)}
    for (var j = 0u; j < nKeys; j++) {
      let keyRow = ((tile + j) * params.nKvHeads + kvHead) * ${op.v === null ? units : op.dValue}u;
      let valueRow = keyRow;
${all((r) => `      let m${r} = masses[${r * TILE}u + j]; mass${r} += m${r};`)}
${parts
  .map(
    (d) => `      { let d = min(lid + ${d * TILE}u, ${op.dValue - 1}u);
        let x = ${value("d")};
${all((r) => `        sum${r}_${d} = fma(m${r}, x, sum${r}_${d});`)}
      }`,
  )
  .join("\n")}
    }
    workgroupBarrier();
  }
${all(
  (r) => `  if (firstRow + ${r}u < nRows) {
${parts
  .map(
    (d) =>
      `    if (lid + ${d * TILE}u < ${op.dValue}u) { result[place${r} * ${op.dValue}u + lid + ${d * TILE}u] = sum${r}_${d} / mass${r}; }`,
  )
  .join("\n")}
    if (lid == 0u) { lse[place${r}] = maximum${r} + log(mass${r}); }
  }`,
)}`,
)}`,
    workgroups: (step) =>
      applies(step) ? Math.ceil((step.nTokens * perKvHead) / queries) * op.nKvHeads : 0,
  };
}
