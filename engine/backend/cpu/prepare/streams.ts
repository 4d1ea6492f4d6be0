import type { ReadStreams, SpreadStreams, StreamWeights, WriteStreams } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { COPY_NS, ELEMENT_NS, EXP_NS, MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import { addressOf, isBf16, type PrepareContext, type Runner } from "./prepareContext.ts";

export function spreadStreams(op: SpreadStreams, { split, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.x);
  const n = rowSize(op.out) / width;
  return (nTokens) => {
    const ns = nTokens * n * width * COPY_NS;
    split("spreadStreams", { total: nTokens, ns }, [x, n, width, out]);
  };
}

export function streamWeights(op: StreamWeights, context: PrepareContext): Runner {
  const { split, own } = context;
  const [x, logits, pre] = [own(op.x).address, own(op.logits).address, own(op.pre).address];
  const [base, scale] = [own(op.base).address, own(op.scale).address];
  const [post, comb] = [addressOf(op.post, context), addressOf(op.comb, context)];
  const [baseBf16, scaleBf16] = [isBf16(op.base), isBf16(op.scale)];
  const n = rowSize(op.pre);
  const width = rowSize(op.x) / n;
  const divided = op.comb === null ? 0 : 2 * op.sinkhornSteps * n * n;
  const perToken =
    rowSize(op.x) * ELEMENT_NS + rowSize(op.logits) * EXP_NS + 2 * divided * SCALAR_NS;
  return (nTokens) => {
    const work = { total: nTokens, ns: nTokens * perToken };
    const numbers = [op.normEps, op.eps, op.sinkhornSteps, n, width] as const;
    const weights = [base, baseBf16, scale, scaleBf16] as const;
    split("streamWeights", work, [x, logits, ...weights, ...numbers, pre, post, comb]);
  };
}

export function readStreams(op: ReadStreams, { split, own }: PrepareContext): Runner {
  const [x, pre, out] = [own(op.x).address, own(op.pre).address, own(op.out).address];
  const [n, width] = [rowSize(op.pre), rowSize(op.out)];
  return (nTokens) => {
    const ns = nTokens * n * width * MULTIPLY_ADD_NS;
    split("readStreams", { total: nTokens, ns }, [x, pre, n, width, out]);
  };
}

export function writeStreams(op: WriteStreams, { split, own }: PrepareContext): Runner {
  const [x, delta, out] = [own(op.x).address, own(op.delta).address, own(op.out).address];
  const [post, comb] = [own(op.post).address, own(op.comb).address];
  const [n, width] = [rowSize(op.post), rowSize(op.delta)];
  return (nTokens) => {
    const ns = nTokens * n * (n + 1) * width * MULTIPLY_ADD_NS;
    split("writeStreams", { total: nTokens, ns }, [x, delta, post, comb, n, width, out]);
  };
}
