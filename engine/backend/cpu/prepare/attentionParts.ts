import { rowSize } from "../../checkOperator.ts";
import type { AttentionScores, MixValues, Softmax } from "../../operators.ts";
import { headEdits } from "./attention.ts";
import { EXP_NS, MULTIPLY_ADD_NS } from "./costs.ts";
import { addressOf, isBf16, type PrepareContext, type Runner, rowsOf } from "./prepareContext.ts";

export function attentionScores(op: AttentionScores, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [q, k, out] = [rows(op.q), own(op.k).address, rows(op.out)];
  const { temperatures, map, bits, words } = headEdits(op, context);
  const [selection, lse] = [rowsOf(op.selection, context), rowsOf(op.lse, context)];
  const nSelected = op.selection ? rowSize(op.selection) : 0;
  const width = op.out.shape[2] ?? 0;
  const { nHeads, nKvHeads, dKey, scale, window } = op;
  const expNs = op.lse ? EXP_NS : 0;
  return (nTokens, start, row) => {
    const total = nTokens * nHeads;
    const ns = total * (start + nTokens) * (dKey * MULTIPLY_ADD_NS + expNs);
    split("attentionScores", { total, ns }, [
      q.at(row),
      k,
      start,
      nHeads,
      nKvHeads,
      dKey,
      scale,
      window ?? 0,
      lse.at(row),
      selection.at(row),
      nSelected,
      temperatures,
      map.at(row),
      bits,
      words,
      width,
      out.at(row),
    ]);
  };
}

export function softmax(op: Softmax, context: PrepareContext): Runner {
  const { split, rows } = context;
  const [x, out, lse] = [rows(op.x), rows(op.out), rows(op.lse)];
  const [before, pattern, norms] = [rows(op.before), rows(op.pattern), rows(op.norms)];
  const [sinks, bf16] = [addressOf(op.sinks, context), isBf16(op.sinks)];
  const [, heads = 0, width = 0] = op.x.shape;
  return (nTokens, start, row) => {
    const total = nTokens * heads;
    const work = { total, ns: total * (start + nTokens) * EXP_NS };
    const read = [x.at(row), before.at(row), pattern.at(row), norms.at(row)] as const;
    const written = [out.at(row), lse.at(row)] as const;
    split("softmaxRows", work, [...read, sinks, bf16, start, heads, width, ...written]);
  };
}

export function mixValues(op: MixValues, { split, own, rows }: PrepareContext): Runner {
  const [pattern, before] = [rows(op.pattern), rows(op.before)];
  const [z, values, out] = [rows(op.z), own(op.values).address, rows(op.out)];
  const { nHeads, nKvHeads, dValue } = op;
  const dRow = rowSize(op.values) / nKvHeads;
  const width = op.pattern.shape[2] ?? 0;
  return (nTokens, start, row) => {
    const total = nTokens * nHeads;
    const work = { total, ns: total * (start + nTokens) * dValue * MULTIPLY_ADD_NS };
    const read = [pattern.at(row), before.at(row), z.at(row), values] as const;
    const shape = [start, nHeads, nKvHeads, dRow, dValue, width] as const;
    split("mixValues", work, [...read, ...shape, out.at(row)]);
  };
}
