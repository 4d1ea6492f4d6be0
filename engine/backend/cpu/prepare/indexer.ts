import { rowSize } from "../../checkOperator.ts";
import type { IndexScores, SelectKeys } from "../../operators.ts";
import { type Call, callOf } from "./call.ts";
import { MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import { perToken, start } from "./growing.ts";
import { floatBytes, type PrepareContext } from "./prepareContext.ts";

/** Keys that are scored together; see wasm/indexer.ts. */
const blockKeys = 64;

/** Counts of the digits of a radix selection; see wasm/indexer.ts. */
const countBytes = 4 * 256;

export function indexScores(op: IndexScores, { own, rows }: PrepareContext): Call[] {
  const [, heads = 0, dHead = 0] = op.q.shape;
  const width = rowSize(op.out);
  const work = {
    total: perToken(Math.ceil(width / blockKeys)),
    ns: (nTokens: number, from: number) =>
      nTokens * (from + nTokens) * heads * dHead * MULTIPLY_ADD_NS,
    scratchBytes: floatBytes * blockKeys,
  };
  const read = [rows(op.q), own(op.k).address, rows(op.weights)] as const;
  const shape = [start, heads, dHead, op.scale, width] as const;
  return [callOf("indexScores", work, [...read, ...shape, rows(op.out)])];
}

export function selectKeys(op: SelectKeys, { rows }: PrepareContext): Call[] {
  const width = rowSize(op.scores);
  const work = {
    total: perToken(1),
    // four passes to count, two to choose
    ns: (nTokens: number, from: number) => nTokens * (from + nTokens) * 6 * SCALAR_NS,
    scratchBytes: countBytes,
  };
  return [callOf("selectKeys", work, [rows(op.scores), start, width, op.k, rows(op.indices)])];
}
