import { rowSize } from "../../checkOperator.ts";
import type { AttentionScores, MixValues, Softmax } from "../../operators.ts";
import { headEdits } from "./attention.ts";
import { EXP_NS, MULTIPLY_ADD_NS } from "./costs.ts";
import { addressOf, isBf16, type PrepareContext, type Runner } from "./prepareContext.ts";

export function attentionScores(op: AttentionScores, context: PrepareContext): Runner {
  const { split, own } = context;
  const [q, k, out] = [own(op.q).address, own(op.k).address, own(op.out).address];
  const { temperatures, map, bits, words } = headEdits(op, context);
  const [selection, lse] = [addressOf(op.selection, context), addressOf(op.lse, context)];
  const nSelected = op.selection ? rowSize(op.selection) : 0;
  const width = op.out.shape[2] ?? 0;
  const { nHeads, nKvHeads, dKey, scale, window } = op;
  return (nTokens, start) => {
    const total = nTokens * nHeads;
    const ns = total * (start + nTokens) * (dKey * MULTIPLY_ADD_NS + (lse ? EXP_NS : 0));
    split("attentionScores", { total, ns }, [
      q,
      k,
      start,
      nHeads,
      nKvHeads,
      dKey,
      scale,
      window ?? 0,
      lse,
      selection,
      nSelected,
      temperatures,
      map,
      bits,
      words,
      width,
      out,
    ]);
  };
}

export function softmax(op: Softmax, context: PrepareContext): Runner {
  const { split, own } = context;
  const [x, out, lse] = [own(op.x).address, own(op.out).address, own(op.lse).address];
  const [before, pattern] = [own(op.before).address, own(op.pattern).address];
  const norms = own(op.norms).address;
  const [sinks, bf16] = [addressOf(op.sinks, context), isBf16(op.sinks)];
  const [, heads = 0, width = 0] = op.x.shape;
  return (nTokens, start) => {
    const total = nTokens * heads;
    const work = { total, ns: total * (start + nTokens) * EXP_NS };
    const rows = [x, before, pattern, norms] as const;
    split("softmaxRows", work, [...rows, sinks, bf16, start, heads, width, out, lse]);
  };
}

export function mixValues(op: MixValues, { split, own }: PrepareContext): Runner {
  const [pattern, before] = [own(op.pattern).address, own(op.before).address];
  const [z, values, out] = [own(op.z).address, own(op.values).address, own(op.out).address];
  const { nHeads, nKvHeads, dValue } = op;
  const dRow = rowSize(op.values) / nKvHeads;
  const width = op.pattern.shape[2] ?? 0;
  return (nTokens, start) => {
    const total = nTokens * nHeads;
    const work = { total, ns: total * (start + nTokens) * dValue * MULTIPLY_ADD_NS };
    const shape = [start, nHeads, nKvHeads, dRow, dValue, width] as const;
    split("mixValues", work, [pattern, before, z, values, ...shape, out]);
  };
}
