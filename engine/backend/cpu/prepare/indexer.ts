import { rowSize } from "../../checkOperator.ts";
import type { IndexScores, SelectKeys } from "../../operators.ts";
import { MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import { floatBytes, type PrepareContext, type Runner } from "./prepareContext.ts";

/** Keys that are scored together; see wasm/indexer.ts. */
const blockKeys = 64;

/** Counts of the digits of a radix selection; see wasm/indexer.ts. */
const countBytes = 4 * 256;

export function indexScores(op: IndexScores, { split, own, rows }: PrepareContext): Runner {
  const [q, k] = [rows(op.q), own(op.k).address];
  const [weights, out] = [rows(op.weights), rows(op.out)];
  const [, heads = 0, dHead = 0] = op.q.shape;
  const width = rowSize(op.out);
  const scratchBytes = floatBytes * blockKeys;
  return (nTokens, start, row) => {
    const total = nTokens * Math.ceil(width / blockKeys);
    const products = nTokens * (start + nTokens) * heads * dHead;
    const work = { total, ns: products * MULTIPLY_ADD_NS, scratchBytes };
    const read = [q.at(row), k, weights.at(row)] as const;
    split("indexScores", work, [...read, start, heads, dHead, op.scale, width, out.at(row)]);
  };
}

export function selectKeys(op: SelectKeys, { split, rows }: PrepareContext): Runner {
  const [scores, indices] = [rows(op.scores), rows(op.indices)];
  const width = rowSize(op.scores);
  return (nTokens, start, row) => {
    const ns = nTokens * (start + nTokens) * 6 * SCALAR_NS; // four passes to count, two to choose
    const work = { total: nTokens, ns, scratchBytes: countBytes };
    split("selectKeys", work, [scores.at(row), start, width, op.k, indices.at(row)]);
  };
}
