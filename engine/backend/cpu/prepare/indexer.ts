import { rowSize } from "../../checkOperator.ts";
import type { IndexScores, SelectKeys } from "../../operators.ts";
import { MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import { floatBytes, type PrepareContext, type Runner } from "./prepareContext.ts";

/** Keys that are scored together; see wasm/indexer.ts. */
const blockKeys = 64;

/** Counts of the digits of a radix selection; see wasm/indexer.ts. */
const countBytes = 4 * 256;

export function indexScores(op: IndexScores, { split, own }: PrepareContext): Runner {
  const [q, k] = [own(op.q).address, own(op.k).address];
  const [weights, out] = [own(op.weights).address, own(op.out).address];
  const [, heads = 0, dHead = 0] = op.q.shape;
  const width = rowSize(op.out);
  const scratchBytes = floatBytes * blockKeys;
  return (nTokens, start) => {
    const total = nTokens * Math.ceil(width / blockKeys);
    const products = nTokens * (start + nTokens) * heads * dHead;
    const work = { total, ns: products * MULTIPLY_ADD_NS, scratchBytes };
    split("indexScores", work, [q, k, weights, start, heads, dHead, op.scale, width, out]);
  };
}

export function selectKeys(op: SelectKeys, { split, own }: PrepareContext): Runner {
  const [scores, indices] = [own(op.scores).address, own(op.indices).address];
  const width = rowSize(op.scores);
  return (nTokens, start) => {
    const ns = nTokens * (start + nTokens) * 6 * SCALAR_NS; // four passes to count, two to choose
    const work = { total: nTokens, ns, scratchBytes: countBytes };
    split("selectKeys", work, [scores, start, width, op.k, indices]);
  };
}
