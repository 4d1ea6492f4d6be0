import { describe, type FieldChecker } from "../fieldChecker.ts";
import type { ReadStreams, SpreadStreams, StreamWeights, WriteStreams } from "../operators.ts";
import { rowSize } from "../tensorSize.ts";

/** The contracts of hyper-connections: streams that are spread, read and written. */

/** Kernels keep a row of n x n numbers in fast memory. */
export const MAX_STREAMS = 16;

/** n and M of streams (T, n, M). */
function streamsOf(
  field: string,
  tensor: SpreadStreams["out"],
  check: FieldChecker,
): readonly [n: number, width: number] {
  const [, n, width] = check.axes(field, tensor, 3);
  check.that(n >= 1 && n <= MAX_STREAMS, field, `of 1 to ${MAX_STREAMS} streams`, describe(tensor));
  check.tokens(field, tensor, n * width);
  return [n, width];
}

export function checkSpreadStreams(op: SpreadStreams, check: FieldChecker): void {
  const [, width] = streamsOf("out", op.out, check);
  check.tokens("x", op.x, width);
}

export function checkStreamWeights(op: StreamWeights, check: FieldChecker): void {
  const { eps, normEps, sinkhornSteps } = op;
  check.that(eps >= 0, "eps", "0 or more", eps);
  check.that(normEps >= 0, "normEps", "0 or more", normEps);
  const isCount = Number.isInteger(sinkhornSteps) && sinkhornSteps >= 1;
  check.that(isCount, "sinkhornSteps", "a whole number from 1", sinkhornSteps);
  const isWhole = op.post !== null && op.comb !== null;
  const isRead = op.post === null && op.comb === null;
  check.that(isWhole || isRead, "post and comb", "both to be given, or both null", "one of them");
  const [n] = streamsOf("x", op.x, check);
  const width = isWhole ? (2 + n) * n : n;
  check.tokens("logits", op.logits, width);
  check.size("base", op.base, width);
  check.size("scale", op.scale, isWhole ? 3 : 1);
  check.tokens("pre", op.pre, n);
  if (op.post) check.tokens("post", op.post, n);
  if (op.comb) check.tokens("comb", op.comb, n * n);
}

export function checkReadStreams(op: ReadStreams, check: FieldChecker): void {
  const [n, width] = streamsOf("x", op.x, check);
  check.tokens("pre", op.pre, n);
  check.tokens("out", op.out, width);
}

export function checkWriteStreams(op: WriteStreams, check: FieldChecker): void {
  const [n, width] = streamsOf("x", op.x, check);
  check.tokens("delta", op.delta, width);
  check.tokens("post", op.post, n);
  check.tokens("comb", op.comb, n * n);
  check.that(
    rowSize(op.out) === n * width && op.out.shape[1] === n,
    "out",
    `of ${n} streams of ${width}`,
    describe(op.out),
  );
  check.tokens("out", op.out, n * width);
}
