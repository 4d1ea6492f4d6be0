import type { ReadStreams, SpreadStreams, StreamWeights, WriteStreams } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { COPY_NS, ELEMENT_NS, EXP_NS, MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import { isBf16, type PrepareContext, type Runner, rowsOf } from "./prepareContext.ts";

export function spreadStreams(op: SpreadStreams, { split, rows }: PrepareContext): Runner {
  const [x, out] = [rows(op.x), rows(op.out)];
  const width = rowSize(op.x);
  const n = rowSize(op.out) / width;
  return (nTokens, _start, row) => {
    const ns = nTokens * n * width * COPY_NS;
    split("spreadStreams", { total: nTokens, ns }, [x.at(row), n, width, out.at(row)]);
  };
}

export function streamWeights(op: StreamWeights, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [x, logits, pre] = [rows(op.x), rows(op.logits), rows(op.pre)];
  const [base, scale] = [own(op.base).address, own(op.scale).address];
  const [post, comb] = [rowsOf(op.post, context), rowsOf(op.comb, context)];
  const [baseBf16, scaleBf16] = [isBf16(op.base), isBf16(op.scale)];
  const n = rowSize(op.pre);
  const width = rowSize(op.x) / n;
  const divided = op.comb === null ? 0 : 2 * op.sinkhornSteps * n * n;
  const perToken =
    rowSize(op.x) * ELEMENT_NS + rowSize(op.logits) * EXP_NS + 2 * divided * SCALAR_NS;
  return (nTokens, _start, row) => {
    const work = { total: nTokens, ns: nTokens * perToken };
    const numbers = [op.normEps, op.eps, op.sinkhornSteps, n, width] as const;
    const weights = [base, baseBf16, scale, scaleBf16] as const;
    const read = [x.at(row), logits.at(row)] as const;
    const written = [pre.at(row), post.at(row), comb.at(row)] as const;
    split("streamWeights", work, [...read, ...weights, ...numbers, ...written]);
  };
}

export function readStreams(op: ReadStreams, { split, rows }: PrepareContext): Runner {
  const [x, pre, out] = [rows(op.x), rows(op.pre), rows(op.out)];
  const [n, width] = [rowSize(op.pre), rowSize(op.out)];
  return (nTokens, _start, row) => {
    const ns = nTokens * n * width * MULTIPLY_ADD_NS;
    const work = { total: nTokens, ns };
    split("readStreams", work, [x.at(row), pre.at(row), n, width, out.at(row)]);
  };
}

export function writeStreams(op: WriteStreams, { split, rows }: PrepareContext): Runner {
  const [x, delta, out] = [rows(op.x), rows(op.delta), rows(op.out)];
  const [post, comb] = [rows(op.post), rows(op.comb)];
  const [n, width] = [rowSize(op.post), rowSize(op.delta)];
  return (nTokens, _start, row) => {
    const ns = nTokens * n * (n + 1) * width * MULTIPLY_ADD_NS;
    const read = [x.at(row), delta.at(row), post.at(row), comb.at(row)] as const;
    split("writeStreams", { total: nTokens, ns }, [...read, n, width, out.at(row)]);
  };
}
