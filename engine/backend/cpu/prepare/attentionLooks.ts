import { rowSize } from "../../checkOperator.ts";
import type { AttentionMetrics, AttentionTile } from "../../operators.ts";
import { headEdits } from "./attention.ts";
import { EXP_NS, MULTIPLY_ADD_NS } from "./costs.ts";
import { addressOf, flag, floatBytes, type PrepareContext, type Runner } from "./prepareContext.ts";

/** What is read of patterns that attention did not write. */

/** Keys of a query that metrics look at where moments are there: three, and two for each copy of its token. */
const FEW_KEYS = 7;

export function attentionTile(op: AttentionTile, context: PrepareContext): Runner {
  const { split, own } = context;
  const [q, k, lse, out] = [
    own(op.q).address,
    own(op.k).address,
    own(op.lse).address,
    own(op.out).address,
  ];
  const pattern = flag(op.mode === "pattern");
  const byMax = flag(op.pool?.kind === "max");
  const selection = addressOf(op.selection, context);
  const nSelected = op.selection ? rowSize(op.selection) : 0;
  const { temperatures, map, bits, words } = headEdits(op, context);
  const { headCount, queryCount, keyCount } = op;
  const { size: pool, step = 1 } = op.pool ?? { size: 1 };
  const total = headCount * Math.ceil(queryCount / pool);
  const cellNs = op.dKey * MULTIPLY_ADD_NS + EXP_NS;
  const ns = (headCount * queryCount * keyCount * cellNs) / Math.min(pool, step);
  return (_nTokens, _start, row) =>
    split("attentionTile", { total, ns, scratchBytes: 3 * floatBytes * keyCount }, [
      pattern,
      byMax,
      pool,
      step,
      q,
      k,
      lse,
      op.nHeads,
      op.nKvHeads,
      op.dKey,
      op.scale,
      op.window ?? 0,
      selection,
      nSelected,
      temperatures,
      map.at(row),
      bits,
      words,
      op.headStart,
      op.queryStart,
      queryCount,
      op.keyStart,
      keyCount,
      out,
    ]);
}

export function attentionMetrics(op: AttentionMetrics, context: PrepareContext): Runner {
  const { split, own } = context;
  const { nHeads, queryStart, queryCount, queryStep } = op;
  const selection = addressOf(op.selection, context);
  const { temperatures, map, bits, words } = headEdits(op, context);
  const total = Math.ceil(queryCount / queryStep) * nHeads;
  const nKeys = queryStart + queryCount;
  const keys = op.moments ? FEW_KEYS : nKeys;
  const ns = total * keys * (op.dKey * MULTIPLY_ADD_NS + EXP_NS);
  return (_nTokens, _start, row) =>
    split("attentionMetrics", { total, ns, scratchBytes: floatBytes * nKeys }, [
      own(op.q).address,
      own(op.k).address,
      own(op.lse).address,
      nHeads,
      op.nKvHeads,
      op.dKey,
      op.scale,
      op.window ?? 0,
      selection,
      op.selection ? rowSize(op.selection) : 0,
      temperatures,
      map.at(row),
      bits,
      words,
      addressOf(op.moments, context),
      own(op.earlier).address,
      queryStart,
      queryStep,
      own(op.out).address,
    ]);
}
