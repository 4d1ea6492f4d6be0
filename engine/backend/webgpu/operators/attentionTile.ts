import { rowSize } from "../../checkOperator.ts";
import type { AttentionTile } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups, entry } from "../wgsl/entry.ts";
import { headEdits } from "../wgsl/headEdits.ts";
import { IS_SELECTED } from "../wgsl/isSelected.ts";
import { valueOfCell } from "../wgsl/mapCell.ts";
import { EXP, LOWEST, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { maximum, workgroupTree } from "../wgsl/tree.ts";
import { accumulate, unitOf } from "../wgsl/units.ts";

const SIZE = 64;

/** A tile of attention maps from the kept queries, keys and log-sum-exp, exact or pooled. Ignores the step. */
export function compileAttentionTile(op: AttentionTile): readonly Kernel[] {
  const pooled = op.pool !== null && op.pool.size > 1;
  return [pooled ? pooledCells(op, op.pool) : exactCells(op)];
}

function bindings(op: AttentionTile): Kernel["bindings"] {
  const unit = unitOf(op.dKey);
  return [
    reads("q", op.q, unit),
    reads("k", op.k, unit),
    ...(op.mode === "pattern" ? [reads("lse", op.lse)] : []),
    ...(op.selection ? [reads("selection", op.selection)] : []),
    ...headEdits(op).bindings,
    writes("cells", op.out, "u32"),
  ];
}

/** `isVisible(head, query, key)` and `cell(head, query, key)`: its pattern or score; only for visible pairs. */
function cellFunctions(op: AttentionTile): string {
  const unit = unitOf(op.dKey);
  return `${EXP}${headEdits(op).functions}
${op.selection ? IS_SELECTED : ""}
fn isVisible(head: u32, query: u32, key: u32) -> bool {
  return key <= query${op.window === null ? "" : ` && query - key < ${op.window}u`}${op.selection ? " && isSelected(query, query + 1u, key)" : ""}${op.mask ? " && !isMasked(edges(query * params.nHeads + head), key)" : ""};
}
fn cell(head: u32, query: u32, key: u32) -> f32 {
  let place = query * params.nHeads + head;
  let keyRow = (key * params.nKvHeads + head / params.perKvHead) * params.units;
  var dot0 = 0.0;
  for (var u = 0u; u < params.units; u++) {
    let other = k(keyRow + u);
    let mine = q(place * params.units + u);
    ${accumulate("dot0", "mine", "other", unit)}
  }
  ${valueOfCell(op)}
}`;
}

function params(op: AttentionTile) {
  const { nHeads, nKvHeads, headStart, queryStart, queryCount, keyStart, keyCount } = op;
  const perKvHead = nHeads / nKvHeads;
  const units = op.dKey / unitOf(op.dKey);
  return {
    nHeads,
    nKvHeads,
    perKvHead,
    units,
    headStart,
    queryStart,
    queryCount,
    keyStart,
    keyCount,
    nSelected: op.selection ? rowSize(op.selection) : 0,
    ...headEdits(op).params,
  };
}

function label(op: AttentionTile): string {
  const pool = op.pool ? ` ${op.pool.kind} ${op.pool.size}` : "";
  return `attentionTile ${op.mode}${pool} ${op.headCount}x${op.queryCount}x${op.keyCount}`;
}

function exactCells(op: AttentionTile): Kernel {
  const total = op.headCount * op.queryCount * op.keyCount;
  const masked = op.mode === "pattern" ? "0u" : NEGATIVE_INFINITY_BITS;
  return {
    label: label(op),
    bindings: bindings(op),
    params: { ...params(op), total },
    body: () => `${cellFunctions(op)}
${elementwise(
  `params.total`,
  `  let head = params.headStart + i / (params.queryCount * params.keyCount);
  let query = params.queryStart + i / params.keyCount % params.queryCount;
  let key = params.keyStart + i % params.keyCount;
  if (isVisible(head, query, key)) { cells[i] = bitcast<u32>(cell(head, query, key)); } else { cells[i] = ${masked}; }`,
)}`,
    workgroups: () => elementwiseWorkgroups(total),
  };
}

/** One workgroup per output cell; its invocations stride over the block. */
function pooledCells(op: AttentionTile, pool: NonNullable<AttentionTile["pool"]>): Kernel {
  const p = pool.size;
  const rows = Math.ceil(op.queryCount / p);
  const columns = Math.ceil(op.keyCount / p);
  const total = op.headCount * rows * columns;
  const isMax = pool.kind === "max";
  const empty = op.mode === "pattern" ? "0u" : NEGATIVE_INFINITY_BITS;
  return {
    label: label(op),
    bindings: bindings(op),
    params: { ...params(op), total, rows, columns, pool: p, step: pool.step ?? 1 },
    body: () => `${cellFunctions(op)}
var<workgroup> reduced: array<f32, ${SIZE}>;
${entry(
  SIZE,
  `  if (wg >= params.total) { return; }
  let head = params.headStart + wg / (params.rows * params.columns);
  let firstQuery = wg / params.columns % params.rows * params.pool;
  let firstKey = wg % params.columns * params.pool;
  let nRows = min(params.pool, params.queryCount - firstQuery);
  let nQueries = (nRows + params.step - 1u) / params.step;
  let first = firstQuery + nRows - 1u - (nQueries - 1u) * params.step;
  let nKeys = min(params.pool, params.keyCount - firstKey);
  var highest = ${LOWEST};
  var sum = 0.0;
  for (var c = lid; c < nQueries * nKeys; c += ${SIZE}u) {
    let query = params.queryStart + first + c / nKeys * params.step;
    let key = params.keyStart + firstKey + c % nKeys;
    if (isVisible(head, query, key)) {
      let value = cell(head, query, key);
      highest = max(highest, value);
      sum += value;
    }
  }
  reduced[lid] = highest;
${workgroupTree("reduced", SIZE, maximum)}
  highest = reduced[0];
${isMax ? "" : meanOfBlock()}
  if (lid == 0u) {
    cells[wg] = select(bitcast<u32>(${isMax ? "highest" : "sum"}), ${empty}, highest == ${LOWEST});
  }`,
)}`,
    workgroups: () => total,
  };
}

/** A block whose cells are all masked is empty, which only the maximum can tell. */
function meanOfBlock(): string {
  return `  workgroupBarrier();
  reduced[lid] = sum;
${workgroupTree("reduced", SIZE)}
  sum = reduced[0] / f32(nQueries * nKeys);`;
}
