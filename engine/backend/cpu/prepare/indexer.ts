import { rowSize } from "../../checkOperator.ts";
import type { IndexScores, SelectKeys } from "../../operators.ts";
import { floatBytes, type PrepareContext, type Runner } from "./prepareContext.ts";

/** Counts of the digits of a radix selection; see wasm/indexer.ts. */
const countBytes = 4 * 256;

export function indexScores(op: IndexScores, { kernels, scratch, own }: PrepareContext): Runner {
  const [q, k] = [own(op.q).address, own(op.k).address];
  const [weights, out] = [own(op.weights).address, own(op.out).address];
  const [, heads = 0, dHead = 0] = op.q.shape;
  const width = rowSize(op.out);
  return (nTokens, start) => {
    const space = scratch.reserve(floatBytes * width);
    kernels.indexScores(q, k, weights, nTokens, start, heads, dHead, op.scale, width, out, space);
  };
}

export function selectKeys(op: SelectKeys, { kernels, scratch, own }: PrepareContext): Runner {
  const [scores, indices] = [own(op.scores).address, own(op.indices).address];
  const width = rowSize(op.scores);
  return (nTokens, start) =>
    kernels.selectKeys(scores, nTokens, start, width, op.k, indices, scratch.reserve(countBytes));
}
