import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import type { Attention } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { headEdits } from "../wgsl/headEdits.ts";
import { EXP, LOWEST, NAN_BITS } from "../wgsl/math.ts";
import { maximum, tree } from "../wgsl/tree.ts";
import { accumulate, unitOf } from "../wgsl/units.ts";
import {
  chunkRange,
  chunksOf,
  JOIN,
  JOINED,
  KEYS_OF_CHUNK,
  momentsBinding,
  mostChunks,
  PARTIAL_WORDS,
  stored,
  storeMoments,
} from "./attentionChunks.ts";

/** Keys per tile of the online softmax, one per invocation; tiles stand at multiples of it from key 0. */
export const TILE = 64;

/** Invocations that reduce one query's tile, whatever the number of queries: they fix the order of its sum. */
const TEAM = 16;

/** Workgroup memory whatever the number of queries: a number and a vec3, which takes the place of four, for each invocation. */
export const SHARED_BYTES = 4 * 5 * TILE;

/**
 * Walks over the keys of `queries` queries of one key head in a workgroup.
 * @param parts null: over all of their chunks, which it joins; "moments": so too, and it stores these alone. Else over one chunk, whose
 * part it leaves there: (query, head, chunk, PARTIAL_WORDS + dValue) f32
 * @param applies to a step with so many queries of a key head
 */
export function attentionWalk(
  op: Attention,
  queries: number,
  parts: DeviceTensor | "moments" | null,
  applies: (step: Step, rows: number) => boolean,
): Kernel {
  const isWhole = parts === null || parts === "moments";
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
  const ownChunks = chunkRange(op, "positionOf(rowOf(firstRow, mine))");

  return {
    label: `attention ${op.nHeads}/${op.nKvHeads} ${op.dKey}:${op.dValue}`,
    bindings: [
      reads("q", op.q, unit),
      reads("k", op.k, unit),
      ...(op.v === null ? [] : [reads("v", op.v)]),
      ...(op.sinks ? [reads("sinks", op.sinks)] : []),
      ...(op.selection ? [reads("selection", op.selection)] : []),
      ...edits.bindings,
      ...(parts === null
        ? [writes("result", op.out), writes("lse", op.lse, op.mask ? "u32" : "f32")]
        : []),
      ...(isWhole ? momentsBinding(op) : [writes("parts", parts)]),
    ],
    params: {
      nHeads: op.nHeads,
      nKvHeads: op.nKvHeads,
      perKvHead,
      units,
      dValue: op.dValue,
      window: op.window ?? 0xffffffff,
      nSelected: op.selection ? rowSize(op.selection) : 0,
      chunks: mostChunks(op),
      ...edits.params,
      ...(op.mask ? { nan: NAN_BITS } : {}),
    },
    body: () => `${EXP}${JOINED}${edits.functions}
var<workgroup> query: array<${unit === 4 ? "vec4<f32>" : "f32"}, ${queries * units}>;
var<workgroup> sums: array<f32, ${queries * op.dValue}>;
${isWhole ? `var<workgroup> totals: array<f32, ${queries * op.dValue}>;` : ""}
var<workgroup> scores: array<f32, ${queries * TILE}>;
var<workgroup> masses: array<f32, ${queries * TILE}>;
var<workgroup> reduced: array<f32, ${TILE}>;
var<workgroup> shares: array<vec3<f32>, ${TILE}>;
var<workgroup> shrink: array<f32, ${queries}>;
var<workgroup> grow: array<f32, ${queries}>;
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
${isWhole ? wholeRows(queries) : chunkOfRows(op, queries)}
  for (var i = lid; i < ${queries}u * params.units; i += ${TILE}u) {
    query[i] = q(placeOf(rowOf(firstRow, i / params.units), kvHead) * params.units + i % params.units);
  }
${all((r) => `  let position${r} = positionOf(rowOf(firstRow, ${r}u));`)}
${op.mask ? all((r) => `  let row${r} = edgesOf(${place(r)});`) : ""}
  let mine = min(lid / ${TEAM}u, ${queries - 1}u);
  let member = lid % ${TEAM}u;
  let isFirst = member == 0u && lid < ${queries * TEAM}u;
${op.selection ? selectedKeys() : positionsOfKeys(queries)}
${
  isWhole
    ? `  let isOneChunk = firstKey / ${KEYS_OF_CHUNK}u == (endKey - 1u) / ${KEYS_OF_CHUNK}u;
  var totalHighest = ${LOWEST};
  var totalMass = 0.0;
  var totalMoments = vec2(0.0);
  for (var chunk = firstKey / ${KEYS_OF_CHUNK}u; chunk * ${KEYS_OF_CHUNK}u < endKey; chunk++) {`
    : "  {"
}
    for (var i = lid; i < ${queries}u * params.dValue; i += ${TILE}u) { sums[i] = 0.0; }
${
  op.sinks
    ? startAtSink(ownChunks.first)
    : `    var highest = ${LOWEST};
    var mass = 0.0;`
}
    var ofChunk = vec2(0.0);
    let chunkEnd = min(endKey, (chunk + 1u) * ${KEYS_OF_CHUNK}u);
    workgroupBarrier();
    for (var tile = max(firstKey / ${TILE}u * ${TILE}u, chunk * ${KEYS_OF_CHUNK}u); tile < chunkEnd; tile += ${TILE}u) {
      let nKeys = min(${TILE}u, chunkEnd - tile);
      if (lid < nKeys) {
        let key = ${keyAt("tile + lid")};
        let keyRow = (key * params.nKvHeads + kvHead) * params.units;
${all((r) => `        var dot${r} = 0.0;`)}
        for (var u = 0u; u < params.units; u++) {
          let other = k(keyRow + u);
${all((r) => `          { let own = query[${r}u * params.units + u]; ${accumulate(`dot${r}`, "own", "other", unit)} }`)}
        }
${all((r) => `        scores[${r * TILE}u + lid] = select(${LOWEST}, ${score(r)}, ${isVisible(r)});`)}
      }
      workgroupBarrier();
      let before = highest;
      for (var j = member; j < nKeys; j += ${TEAM}u) { highest = max(highest, scores[mine * ${TILE}u + j]); }
      reduced[lid] = highest;
${tree({ array: "reduced", slots: "1u", slot: "lid" }, `${TEAM}u`, "member", maximum)}
      highest = reduced[lid - member];
      workgroupBarrier();
      var share = vec3(0.0);
      for (var j = member; j < nKeys; j += ${TEAM}u) {
        let score = scores[mine * ${TILE}u + j];
        let m = select(0.0, expF32(score - highest), score > ${LOWEST});
        if (lid < ${queries * TEAM}u) { masses[mine * ${TILE}u + j] = m; }
        let x = select(0.0, score - highest, score > ${LOWEST});
        let distance = f32(positionOf(rowOf(firstRow, mine)) - min(positionOf(rowOf(firstRow, mine)), ${keyAt("tile + j")}));
        share += vec3(m, m * x, m * distance);
      }
      shares[lid] = share;
      let smaller = expF32(before - highest);
      if (isFirst) { shrink[mine] = smaller; }
${tree({ array: "shares", slots: "1u", slot: "lid" }, `${TEAM}u`, "member")}
      let ofTile = shares[lid - member];
      ofChunk = vec2(
        fma(moved(ofChunk.x, mass, before, highest), smaller, ofTile.y),
        fma(ofChunk.y, smaller, ofTile.z));
      mass = fma(mass, smaller, ofTile.x);
      for (var d = lid; d < params.dValue; d += ${TILE}u) {
${all((r) => `        var sum${r} = sums[${r}u * params.dValue + d] * shrink[${r}];`)}
        for (var j = 0u; j < nKeys; j++) {
          let keyHead = ${keyAt("tile + j")} * params.nKvHeads + kvHead;
          let keyRow = keyHead * params.units;
          let valueRow = keyHead * params.dValue;
          let x = ${value};
${all((r) => `          sum${r} = fma(masses[${r * TILE}u + j], x, sum${r});`)}
        }
${all((r) => `        sums[${r}u * params.dValue + d] = sum${r};`)}
      }
      workgroupBarrier();
    }
${isWhole ? joinChunk(op, queries, parts === null) : storePart(queries)}`,
)}`,
    workgroups: (step) => {
      const rows = step.nTokens * perKvHead;
      if (!applies(step, rows)) return 0;
      const chunks = isWhole ? 1 : chunksOf(op, step);
      return Math.ceil(rows / queries) * op.nKvHeads * chunks;
    },
  };
}

/** A workgroup's queries, of which it sees all keys. */
function wholeRows(queries: number): string {
  return `  let firstRow = wg / params.nKvHeads * ${queries}u;
  if (firstRow >= nRows) { return; }`;
}

/** A workgroup's queries and its chunk. */
function chunkOfRows(op: Attention, queries: number): string {
  const { first } = chunkRange(op, "step.start");
  const { end } = chunkRange(op, "(step.start + step.nTokens - 1u)");
  return `  let rowTiles = (nRows + ${queries - 1}u) / ${queries}u;
  let firstRow = wg / params.nKvHeads % rowTiles * ${queries}u;
  let chunk = wg / params.nKvHeads / rowTiles + ${first};
  if (chunk >= ${end}) { return; }`;
}

/** Chunks stand over positions, from the first that the first query sees to the last query's own. */
function positionsOfKeys(queries: number): string {
  return `  let firstKey = position0 - min(position0, params.window - 1u);
  let endKey = position${queries - 1} + 1u;`;
}

/** Chunks stand over the selection of the workgroup's one token. */
function selectedKeys(): string {
  return `  let selected = rowOf(firstRow, 0u) / params.perKvHead * params.nSelected;
  let firstKey = 0u;
  let endKey = min(params.nSelected, position0 + 1u);`;
}

/** The sink stands before the first key that a query itself sees, whatever its neighbours see. */
function startAtSink(firstChunk: string): string {
  return `    let isOpened = chunk == ${firstChunk};
    var highest = select(${LOWEST}, sinks(placeOf(rowOf(firstRow, mine), kvHead) % params.nHeads), isOpened);
    var mass = select(0.0, 1.0, isOpened);`;
}

/** Ends the loop over chunks and stores what they came to: with the values and the log-sum-exp, or the moments alone. */
function joinChunk(op: Attention, queries: number, hasValues: boolean): string {
  const lse = stored(op, "totalHighest", "totalMass", "").lse;
  const { z } = stored(op, "", `reduced[r * ${TEAM}u]`, "select(totals[i], sums[i], isOneChunk)");
  return `    if (isOneChunk) {
      totalHighest = highest;
      totalMass = mass;
      totalMoments = ofChunk;
      break;
    }
${JOIN}
    if (isFirst) { shrink[mine] = kept; grow[mine] = added; }
    workgroupBarrier();
    for (var i = lid; i < ${queries}u * params.dValue; i += ${TILE}u) {
      let r = i / params.dValue;
      totals[i] = joined(totals[i], sums[i], shrink[r], grow[r]);
    }
    workgroupBarrier();
  }
  if (isFirst && firstRow + mine < nRows) {
    let place = placeOf(firstRow + mine, kvHead);
${hasValues ? `    lse[place] = ${lse};` : ""}
${storeMoments(op)}
  }
${hasValues ? storeValues(queries, z) : ""}`;
}

/** Stores the sums over the values. */
function storeValues(queries: number, z: string): string {
  return `  reduced[lid] = totalMass;
  workgroupBarrier();
  for (var i = lid; i < ${queries}u * params.dValue; i += ${TILE}u) {
    let r = i / params.dValue;
    if (firstRow + r < nRows) {
      let place = placeOf(firstRow + r, kvHead);
      result[place * params.dValue + i % params.dValue] = ${z};
    }
  }`;
}

/** Ends the one chunk and leaves its part. */
function storePart(queries: number): string {
  const part = (place: string) =>
    `(${place} * params.chunks + chunk) * (params.dValue + ${PARTIAL_WORDS}u)`;
  return `  if (isFirst && firstRow + mine < nRows) {
      let at = ${part("placeOf(firstRow + mine, kvHead)")};
      parts[at] = highest;
      parts[at + 1u] = mass;
      parts[at + 2u] = ofChunk.x;
      parts[at + 3u] = ofChunk.y;
    }
    for (var i = lid; i < ${queries}u * params.dValue; i += ${TILE}u) {
      let r = i / params.dValue;
      if (firstRow + r < nRows) {
        parts[${part("placeOf(firstRow + r, kvHead)")} + ${PARTIAL_WORDS}u + i % params.dValue] = sums[i];
      }
    }
  }`;
}
