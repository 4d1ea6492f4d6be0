import { describe, type FieldChecker } from "../fieldChecker.ts";
import type {
  Add,
  AddPosition,
  Clamp,
  Embed,
  Gelu,
  LastRow,
  LayerNorm,
  Matmul,
  RmsNorm,
  Rope,
  SwiGlu,
  TokenLogProbs,
  WriteRows,
} from "../operators.ts";
import { elementCount, rowSize } from "../tensorSize.ts";

/** The contracts of embeddings, norms, projections and what goes element by element. */

export function checkEmbed(op: Embed, check: FieldChecker): void {
  check.tokens("ids", op.ids, 1, true);
  check.dtype("table", op.table, false);
  check.tokens("out", op.out, rowSize(op.table));
}

export function checkAddPosition(op: AddPosition, check: FieldChecker): void {
  const { shift } = op;
  const isShift = Number.isInteger(shift) && shift >= 0 && shift < (op.table.shape[0] ?? 0);
  check.that(isShift, "shift", "a whole number from 0, below the positions of the table", shift);
  check.positions("table", op.table, rowSize(op.out), shift);
  check.tokens("x", op.x, rowSize(op.out));
  check.tokens("out", op.out, rowSize(op.out));
}

export function checkRmsNorm(op: RmsNorm, check: FieldChecker): void {
  const n = elementCount(op.weight);
  check.size("weight", op.weight, n);
  check.that(rowSize(op.x) % n === 0, "x", `with runs of ${n} elements`, describe(op.x));
  check.rows(op.rows, "x", op.x, rowSize(op.x));
  check.rows(op.rows, "out", op.out, rowSize(op.x));
}

export function checkLayerNorm(op: LayerNorm, check: FieldChecker): void {
  const n = elementCount(op.weight);
  check.size("weight", op.weight, n);
  check.size("bias", op.bias, n);
  check.rows(op.rows, "x", op.x, n);
  check.rows(op.rows, "out", op.out, n);
}

export function checkClamp(op: Clamp, check: FieldChecker): void {
  check.that(op.limit > 0, "limit", "above 0", op.limit);
  check.tokens("x", op.x, rowSize(op.out));
  check.tokens("out", op.out, rowSize(op.out));
}

export function checkMatmul(op: Matmul, check: FieldChecker): void {
  const n = op.weight.shape[0] ?? 0;
  check.row("weight", op.weight, rowSize(op.weight));
  check.rows(op.rows, "x", op.x, rowSize(op.weight));
  if (op.bias) check.size("bias", op.bias, n);
  if (op.residual) check.rows(op.rows, "residual", op.residual, n);
  check.rows(op.rows, "out", op.out, n);
}

export function checkRope(op: Rope, check: FieldChecker): void {
  const [, , dHead] = check.axes("x", op.x, 3);
  check.that(op.dim % 2 === 0, "dim", "even", op.dim);
  check.that(op.offset >= 0, "offset", "at least 0", op.offset);
  check.that(op.offset + op.dim <= dHead, "offset + dim", `at most ${dHead}`, op.offset + op.dim);
  check.positions("cos", op.cos, op.dim / 2);
  check.positions("sin", op.sin, op.dim / 2);
  check.tokens("x", op.x, rowSize(op.x));
  check.tokens("out", op.out, rowSize(op.x));
}

export function checkWriteRows(op: WriteRows, check: FieldChecker): void {
  check.tokens("x", op.x, rowSize(op.cache));
  check.positions("cache", op.cache, rowSize(op.cache));
}

export function checkAdd(op: Add, check: FieldChecker): void {
  check.tokens("a", op.a, rowSize(op.out));
  check.tokens("b", op.b, rowSize(op.out));
  check.tokens("out", op.out, rowSize(op.out));
}

export function checkSwiGlu(op: SwiGlu, check: FieldChecker): void {
  check.tokens("gate", op.gate, rowSize(op.out));
  check.tokens("up", op.up, rowSize(op.out));
  check.tokens("out", op.out, rowSize(op.out));
}

export function checkGelu(op: Gelu, check: FieldChecker): void {
  check.tokens("x", op.x, rowSize(op.out));
  check.tokens("out", op.out, rowSize(op.out));
}

export function checkLastRow(op: LastRow, check: FieldChecker): void {
  check.tokens("x", op.x, rowSize(op.out));
  check.rows("one", "out", op.out, rowSize(op.out));
}

export function checkTokenLogProbs(op: TokenLogProbs, check: FieldChecker): void {
  check.tokens("logits", op.logits, rowSize(op.logits));
  check.tokens("ids", op.ids, 1, true);
  check.tokens("out", op.out, 1);
}
