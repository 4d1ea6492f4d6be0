import { describe, type FieldChecker } from "../fieldChecker.ts";
import type {
  IndexScores,
  MlaAbsorbQuery,
  MlaExpand,
  MlaLatent,
  MlaValue,
  SelectKeys,
} from "../operators.ts";
import { elementCount, rowSize } from "../tensorSize.ts";

/** The contracts of latent attention and of its indexer. */

export function checkMlaLatent(op: MlaLatent, check: FieldChecker): void {
  const width = elementCount(op.weight) + 2 * rowSize(op.cos);
  check.dtype("weight", op.weight, false);
  check.positions("cos", op.cos, rowSize(op.cos));
  check.positions("sin", op.sin, rowSize(op.cos));
  check.tokens("x", op.x, width);
  check.tokens("out", op.out, width);
}

export function checkMlaAbsorbQuery(op: MlaAbsorbQuery, check: FieldChecker): void {
  const [nHeads, dLatent, dNope] = check.axes("keyWeight", op.keyWeight, 3);
  const dRope = rowSize(op.q) / nHeads - dNope;
  check.that(dRope >= 0, "q", `with at least ${nHeads} x ${dNope} elements a row`, describe(op.q));
  check.tokens("q", op.q, nHeads * (dNope + Math.floor(dRope)));
  check.tokens("out", op.out, nHeads * (dLatent + dRope));
}

export function checkMlaExpand(op: MlaExpand, check: FieldChecker): void {
  const [nHeads, dLatent, dNope] = check.axes("keyWeight", op.keyWeight, 3);
  const [, dValue] = check.axes("valueWeight", op.valueWeight, 3);
  const dRope = rowSize(op.cache) - dLatent;
  check.that(dRope >= 0, "cache", `with at least ${dLatent} elements a row`, describe(op.cache));
  check.size("valueWeight", op.valueWeight, nHeads * dValue * dLatent);
  check.positions("cache", op.cache, dLatent + dRope);
  check.positions("k", op.k, nHeads * (dNope + dRope));
  check.positions("v", op.v, nHeads * dValue);
}

export function checkMlaValue(op: MlaValue, check: FieldChecker): void {
  const [nHeads, dValue, dLatent] = check.axes("valueWeight", op.valueWeight, 3);
  check.tokens("u", op.u, nHeads * dLatent);
  check.tokens("out", op.out, nHeads * dValue);
}

export function checkSelectKeys(op: SelectKeys, check: FieldChecker): void {
  check.that(Number.isInteger(op.k) && op.k >= 1, "k", "a whole number from 1", op.k);
  check.maps("scores", op.scores);
  check.tokens("indices", op.indices, op.k, true);
}

export function checkIndexScores(op: IndexScores, check: FieldChecker): void {
  const [, nHeads, dHead] = check.axes("q", op.q, 3);
  check.tokens("q", op.q, nHeads * dHead);
  check.positions("k", op.k, dHead);
  check.tokens("weights", op.weights, nHeads);
  check.maps("out", op.out);
}
