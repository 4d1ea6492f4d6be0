import { rowSize } from "../../checkOperator.ts";
import type { Attention } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { headEdits } from "../wgsl/headEdits.ts";
import { EXP, LOWEST, NAN_BITS, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { maximum, tree } from "../wgsl/tree.ts";
import { accumulate, unitOf } from "../wgsl/units.ts";

/** Keys per tile of the online softmax, one per invocation; tiles stand at multiples of it from key 0. */
const TILE = 64;

/** Invocations that reduce one query's tile, whatever the number of queries: they fix the order of its sum. */
const TEAM = 16;

const WORKGROUP_BYTES = 16384; // what every WebGPU device has

/**
 * Causal flash attention. A workgroup walks the key tiles in order with the online softmax of arXiv:2205.14135, for up
 * to four queries of one key head. A query's arithmetic depends on its position alone, so neither T nor the neighbours
 * in its workgroup change a bit.
 */
export function compileAttention(op: Attention): readonly Kernel[] {
  const bytesPerQuery = 4 * (op.dKey + op.dValue + 2 * TILE + TEAM);
  const most = [4, 2, 1].find((n) => n * bytesPerQuery <= WORKGROUP_BYTES) ?? 1;
  if (op.selection) {
    const perKvHead = op.nHeads / op.nKvHeads;
    const ofOneToken = [4, 2, 1].find((n) => n <= most && perKvHead % n === 0) ?? 1;
    return [variant(op, ofOneToken, () => true)];
  }
  if (most === 1) return [variant(op, 1, () => true)];
  return [variant(op, 1, (rows) => rows === 1), variant(op, most, (rows) => rows > 1)];
}

function variant(op: Attention, queries: number, applies: (rows: number) => boolean): Kernel {
  const unit = unitOf(op.dKey);
  const units = op.dKey / unit;
  const perKvHead = op.nHeads / op.nKvHeads;
  const each = Array.from({ length: queries }, (_, r) => r);
  const all = (line: (r: number) => string) => each.map(line).join("\n");
  // Slots of the key tiles: positions themselves, or places in the query's own selection.
  const keyAt = (slot: string) =>
    op.selection ? `u32(selection(selected + ${slot}))` : `(${slot})`;
  const value =
    op.v !== null ? "v(valueRow + d)" : unit === 4 ? "k(keyRow + d / 4u)[d % 4u]" : "k(keyRow + d)";

  const edits = headEdits(op);
  const place = (r: number) => `placeOf(rowOf(firstRow, ${r}u), kvHead)`;
  const score = (r: number) =>
    op.temperatures
      ? `softened(dot${r} * ${op.scale}, ${place(r)} % params.nHeads)`
      : `dot${r} * ${op.scale}`;
  const isVisible = (r: number) =>
    [
      op.selection ? "true" : `key <= position${r} && position${r} - key < params.window`,
      ...(op.mask ? [`!isMasked(row${r}, key)`] : []),
    ].join(" && ");

  return {
    label: `attention ${op.nHeads}/${op.nKvHeads} ${op.dKey}:${op.dValue}`,
    bindings: [
      reads("q", op.q, unit),
      reads("k", op.k, unit),
      ...(op.v === null ? [] : [reads("v", op.v)]),
      ...(op.sinks ? [reads("sinks", op.sinks)] : []),
      ...(op.selection ? [reads("selection", op.selection)] : []),
      ...edits.bindings,
      writes("result", op.out),
      writes("lse", op.lse, op.mask ? "u32" : "f32"),
    ],
    params: {
      nHeads: op.nHeads,
      nKvHeads: op.nKvHeads,
      perKvHead,
      units,
      dValue: op.dValue,
      window: op.window ?? 0xffffffff,
      nSelected: op.selection ? rowSize(op.selection) : 0,
      ...edits.params,
      ...(op.mask ? { nan: NAN_BITS } : {}),
    },
    body: () => `${EXP}${edits.functions}
var<workgroup> query: array<${unit === 4 ? "vec4<f32>" : "f32"}, ${queries * units}>;
var<workgroup> sums: array<f32, ${queries * op.dValue}>;
var<workgroup> scores: array<f32, ${queries * TILE}>;
var<workgroup> masses: array<f32, ${queries * TILE}>;
var<workgroup> reduced: array<f32, ${TILE}>;
var<workgroup> shrink: array<f32, ${queries}>;
/** The workgroup's query r, an index over (token, head of the key head). */
fn rowOf(firstRow: u32, r: u32) -> u32 { return min(firstRow + r, step.nTokens * params.perKvHead - 1u); }
fn positionOf(row: u32) -> u32 { return step.start + row / params.perKvHead; }
fn placeOf(row: u32, kvHead: u32) -> u32 {
  return row / params.perKvHead * params.nHeads + kvHead * params.perKvHead + row % params.perKvHead;
}
${entry(
  TILE,
  `  let nRows = step.nTokens * params.perKvHead;
  let kvHead = wg % params.nKvHeads;
  let firstRow = wg / params.nKvHeads * ${queries}u;
  if (firstRow >= nRows) { return; }
  for (var i = lid; i < ${queries}u * params.units; i += ${TILE}u) {
    query[i] = q(placeOf(rowOf(firstRow, i / params.units), kvHead) * params.units + i % params.units);
  }
  for (var i = lid; i < ${queries}u * params.dValue; i += ${TILE}u) { sums[i] = 0.0; }
${all((r) => `  let position${r} = positionOf(rowOf(firstRow, ${r}u));`)}
${op.mask ? all((r) => `  let row${r} = edgesOf(${place(r)});`) : ""}
  let mine = min(lid / ${TEAM}u, ${queries - 1}u);
  let member = lid % ${TEAM}u;
${op.sinks ? `  var highest = sinks(placeOf(rowOf(firstRow, mine), kvHead) % params.nHeads);` : `  var highest = ${LOWEST};`}
  var mass = ${op.sinks ? "1.0" : "0.0"};
${op.selection ? selectedKeys() : positionsOfKeys(queries)}
  workgroupBarrier();
  for (var tile = firstKey / ${TILE}u * ${TILE}u; tile < endKey; tile += ${TILE}u) {
    let nKeys = min(${TILE}u, endKey - tile);
    if (lid < nKeys) {
      let key = ${keyAt("tile + lid")};
      let keyRow = (key * params.nKvHeads + kvHead) * params.units;
${all((r) => `      var dot${r} = 0.0;`)}
      for (var u = 0u; u < params.units; u++) {
        let other = k(keyRow + u);
${all((r) => `        { let own = query[${r}u * params.units + u]; ${accumulate(`dot${r}`, "own", "other", unit)} }`)}
      }
${all((r) => `      scores[${r * TILE}u + lid] = select(${LOWEST}, ${score(r)}, ${isVisible(r)});`)}
    }
    workgroupBarrier();
    let before = highest;
    for (var j = member; j < nKeys; j += ${TEAM}u) { highest = max(highest, scores[mine * ${TILE}u + j]); }
    reduced[lid] = highest;
${tree({ array: "reduced", slots: "1u", slot: "lid" }, `${TEAM}u`, "member", maximum)}
    highest = reduced[lid - member];
    workgroupBarrier();
    var share = 0.0;
    for (var j = member; j < nKeys; j += ${TEAM}u) {
      let score = scores[mine * ${TILE}u + j];
      let m = select(0.0, expF32(score - highest), score > ${LOWEST});
      if (lid < ${queries * TEAM}u) { masses[mine * ${TILE}u + j] = m; }
      share += m;
    }
    reduced[lid] = share;
    let smaller = expF32(before - highest);
    if (member == 0u && lid < ${queries * TEAM}u) { shrink[mine] = smaller; }
${tree({ array: "reduced", slots: "1u", slot: "lid" }, `${TEAM}u`, "member")}
    mass = fma(mass, smaller, reduced[lid - member]);
    for (var d = lid; d < params.dValue; d += ${TILE}u) {
${all((r) => `      var sum${r} = sums[${r}u * params.dValue + d] * shrink[${r}];`)}
      for (var j = 0u; j < nKeys; j++) {
        let keyHead = ${keyAt("tile + j")} * params.nKvHeads + kvHead;
        let keyRow = keyHead * params.units;
        let valueRow = keyHead * params.dValue;
        let x = ${value};
${all((r) => `        sum${r} = fma(masses[${r * TILE}u + j], x, sum${r});`)}
      }
${all((r) => `      sums[${r}u * params.dValue + d] = sum${r};`)}
    }
    workgroupBarrier();
  }
  if (member == 0u && lid < ${queries * TEAM}u && firstRow + mine < nRows) {
    let place = placeOf(firstRow + mine, kvHead);
    lse[place] = ${op.mask ? `select(select(bitcast<u32>(highest + log(mass)), ${NEGATIVE_INFINITY_BITS}, mass == 0.0), params.nan, edgesOf(place) >= i32(params.maskRows))` : "highest + log(mass)"};
  }
  reduced[lid] = mass;
  workgroupBarrier();
  for (var i = lid; i < ${queries}u * params.dValue; i += ${TILE}u) {
    let r = i / params.dValue;
    if (firstRow + r < nRows) {
      let place = placeOf(firstRow + r, kvHead);
      let z = sums[i] / reduced[r * ${TEAM}u];
      result[place * params.dValue + i % params.dValue] = ${op.mask ? `select(select(z, 0.0, reduced[r * ${TEAM}u] == 0.0), bitcast<f32>(params.nan), edgesOf(place) >= i32(params.maskRows))` : "z"};
    }
  }`,
)}`,
    workgroups: (step) => {
      const rows = step.nTokens * perKvHead;
      return applies(rows) ? Math.ceil(rows / queries) * op.nKvHeads : 0;
    },
  };
}

/** Tiles walk over positions, from the first that the first query sees to the last query's own. */
function positionsOfKeys(queries: number): string {
  return `  let firstKey = position0 - min(position0, params.window - 1u);
  let endKey = position${queries - 1} + 1u;`;
}

/** Tiles walk over the selection of the workgroup's one token. */
function selectedKeys(): string {
  return `  let selected = rowOf(firstRow, 0u) / params.perKvHead * params.nSelected;
  let firstKey = 0u;
  let endKey = min(params.nSelected, position0 + 1u);`;
}
