import { edgeMask } from "../edgeMask.ts";
import { describe, type FieldChecker } from "../fieldChecker.ts";
import type {
  Attention,
  AttentionMetrics,
  AttentionScores,
  AttentionTile,
  MixValues,
  ProjectHeads,
  ScoringOperator,
  Softmax,
} from "../operators.ts";
import { ATTENTION_METRICS } from "../operators.ts";
import { elementCount, rowSize } from "../tensorSize.ts";

/** The contracts of attention, whole and taken apart. */

function checkHeads(op: ScoringOperator | MixValues, check: FieldChecker): void {
  check.that(
    op.nKvHeads >= 1 && op.nHeads % op.nKvHeads === 0,
    "nHeads",
    `a multiple of the ${op.nKvHeads} key heads`,
    op.nHeads,
  );
}

function checkSelection(op: ScoringOperator, check: FieldChecker): void {
  check.that(op.window === null || op.window >= 1, "window", "null or at least 1", `${op.window}`);
  if (op.selection) check.row("selection", op.selection, rowSize(op.selection), true);
  const whole = op.window === null || !op.selection;
  check.that(whole, "window", "null where there is a selection", `${op.window}`);
}

function checkHeadEdits(op: ScoringOperator, check: FieldChecker): void {
  if (op.temperatures) check.size("temperatures", op.temperatures, op.nHeads);
  if (!op.mask) return;
  check.dtype("mask", op.mask, true);
  const { nRows, firstBits, words } = edgeMask(op.mask.shape, op.q.shape[0] ?? 0, op.nHeads);
  check.that(
    op.mask.shape.length === 2 && nRows >= 1,
    "mask",
    `with two axes and more rows than the ${firstBits / words} of its map`,
    describe(op.mask),
  );
}

export function checkAttention(op: Attention, check: FieldChecker): void {
  checkHeads(op, check);
  check.tokens("q", op.q, op.nHeads * op.dKey);
  check.positions("k", op.k, op.nKvHeads * op.dKey);
  if (op.v) check.positions("v", op.v, op.nKvHeads * op.dValue);
  else check.that(op.dValue <= op.dKey, "dValue", `at most dKey ${op.dKey} without v`, op.dValue);
  if (op.sinks) check.size("sinks", op.sinks, op.nHeads);
  checkSelection(op, check);
  if (op.selection) check.tokens("selection", op.selection, rowSize(op.selection), true);
  checkHeadEdits(op, check);
  check.tokens("out", op.out, op.nHeads * op.dValue);
  check.tokens("lse", op.lse, op.nHeads);
  if (op.moments) check.tokens("moments", op.moments, op.nHeads * 2);
}

/** Queries that say themselves where they are. */
function checkQueries(op: AttentionTile | AttentionMetrics, check: FieldChecker): void {
  check.inside(
    "queries",
    op.queryStart,
    op.queryCount,
    Math.min(...[op.q, op.lse, op.selection ?? op.q].map((tensor) => tensor.shape[0] ?? 0)),
  );
}

export function checkAttentionMetrics(op: AttentionMetrics, check: FieldChecker): void {
  checkHeads(op, check);
  checkSelection(op, check);
  checkQueries(op, check);
  const { queryStart, queryCount, queryStep } = op;
  check.that(
    Number.isInteger(queryStep) && queryStep >= 1,
    "queryStep",
    "a whole number from 1",
    queryStep,
  );
  check.inside("keys", 0, queryStart + queryCount, op.k.shape[0] ?? 0);
  check.inside("earlier", 0, queryStart + queryCount, op.earlier.shape[0] ?? 0);
  check.row("q", op.q, op.nHeads * op.dKey);
  check.row("k", op.k, op.nKvHeads * op.dKey);
  check.row("lse", op.lse, op.nHeads);
  check.row("earlier", op.earlier, 1, true);
  if (op.moments) {
    check.row("moments", op.moments, op.nHeads * 2);
    check.inside("moments", 0, queryStart + queryCount, op.moments.shape[0] ?? 0);
  }
  checkHeadEdits(op, check);
  check.dtype("out", op.out, false);
  const numbers = Math.ceil(queryCount / queryStep) * op.nHeads * ATTENTION_METRICS;
  check.that(
    elementCount(op.out) >= numbers,
    "out",
    `of at least ${numbers} elements`,
    describe(op.out),
  );
}

export function checkAttentionTile(op: AttentionTile, check: FieldChecker): void {
  checkHeads(op, check);
  checkSelection(op, check);
  check.inside("heads", op.headStart, op.headCount, op.nHeads);
  checkQueries(op, check);
  check.inside("keys", op.keyStart, op.keyCount, op.k.shape[0] ?? 0);
  const pool = op.pool?.size ?? 1;
  check.that(Number.isInteger(pool) && pool >= 1, "pool.size", "a whole number from 1", pool);
  const step = op.pool?.step ?? 1;
  check.that(Number.isInteger(step) && step >= 1, "pool.step", "a whole number from 1", step);
  check.row("q", op.q, op.nHeads * op.dKey);
  check.row("k", op.k, op.nKvHeads * op.dKey);
  check.row("lse", op.lse, op.nHeads);
  checkHeadEdits(op, check);
  check.dtype("out", op.out, false);
  const cells = op.headCount * Math.ceil(op.queryCount / pool) * Math.ceil(op.keyCount / pool);
  check.that(
    elementCount(op.out) >= cells,
    "out",
    `of at least ${cells} elements`,
    describe(op.out),
  );
}

export function checkAttentionScores(op: AttentionScores, check: FieldChecker): void {
  checkHeads(op, check);
  check.tokens("q", op.q, op.nHeads * op.dKey);
  check.positions("k", op.k, op.nKvHeads * op.dKey);
  checkSelection(op, check);
  if (op.selection) check.tokens("selection", op.selection, rowSize(op.selection), true);
  checkHeadEdits(op, check);
  if (op.lse) check.tokens("lse", op.lse, op.nHeads);
  check.headMaps("out", op.out, op.nHeads);
}

export function checkSoftmax(op: Softmax, check: FieldChecker): void {
  const [, nHeads, width] = check.axes("x", op.x, 3);
  if (op.sinks) check.size("sinks", op.sinks, nHeads);
  check.headMaps("x", op.x, nHeads);
  check.headMaps("before", op.before, nHeads, width);
  check.headMaps("pattern", op.pattern, nHeads, width);
  check.tokens("norms", op.norms, nHeads);
  check.headMaps("out", op.out, nHeads, width);
  check.tokens("lse", op.lse, nHeads);
}

export function checkMixValues(op: MixValues, check: FieldChecker): void {
  checkHeads(op, check);
  const [, , width] = check.axes("pattern", op.pattern, 3);
  check.headMaps("pattern", op.pattern, op.nHeads);
  check.headMaps("before", op.before, op.nHeads, width);
  check.positions("values", op.values, rowSize(op.values));
  check.that(
    rowSize(op.values) % op.nKvHeads === 0 && rowSize(op.values) >= op.nKvHeads * op.dValue,
    "values",
    `with at least ${op.dValue} elements for each of ${op.nKvHeads} heads in a row`,
    describe(op.values),
  );
  check.tokens("z", op.z, op.nHeads * op.dValue);
  check.tokens("out", op.out, op.nHeads * op.dValue);
}

export function checkProjectHeads(op: ProjectHeads, check: FieldChecker): void {
  const [, nHeads, dValue] = check.axes("z", op.z, 3);
  check.row("outputWeight", op.outputWeight, nHeads * dValue);
  check.tokens("z", op.z, nHeads * dValue);
  check.tokens("out", op.out, nHeads * (op.outputWeight.shape[0] ?? 0));
}
