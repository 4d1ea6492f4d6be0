import { rowSize } from "../../checkOperator.ts";
import type { AttentionScores, MixValues, Softmax } from "../../operators.ts";
import { headEdits } from "./attention.ts";
import { type Call, callOf } from "./call.ts";
import { EXP_NS, MULTIPLY_ADD_NS } from "./costs.ts";
import { perToken, start } from "./growing.ts";
import { addressOf, isBf16, type PrepareContext, rowsOf } from "./prepareContext.ts";

export function attentionScores(op: AttentionScores, context: PrepareContext): Call[] {
  const { own, rows } = context;
  const { temperatures, map, bits, words } = headEdits(op, context);
  const [selection, lse] = [rowsOf(op.selection, context), rowsOf(op.lse, context)];
  const nSelected = op.selection ? rowSize(op.selection) : 0;
  const width = op.out.shape[2] ?? 0;
  const { nHeads, nKvHeads, dKey, scale, window } = op;
  const keyNs = nHeads * (dKey * MULTIPLY_ADD_NS + (op.lse ? EXP_NS : 0));
  const work = {
    total: perToken(nHeads),
    ns: (nTokens: number, from: number) => nTokens * (from + nTokens) * keyNs,
  };
  return [
    callOf("attentionScores", work, [
      rows(op.q),
      own(op.k).address,
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
      rows(op.out),
    ]),
  ];
}

export function softmax(op: Softmax, context: PrepareContext): Call[] {
  const { rows } = context;
  const read = [rows(op.x), rows(op.before), rows(op.pattern), rows(op.norms)] as const;
  const [sinks, bf16] = [addressOf(op.sinks, context), isBf16(op.sinks)];
  const [, heads = 0, width = 0] = op.x.shape;
  const work = {
    total: perToken(heads),
    ns: (nTokens: number, from: number) => nTokens * heads * (from + nTokens) * EXP_NS,
  };
  const shape = [start, heads, width] as const;
  const written = [rows(op.out), rows(op.lse)] as const;
  return [callOf("softmaxRows", work, [...read, sinks, bf16, ...shape, ...written])];
}

export function mixValues(op: MixValues, { own, rows }: PrepareContext): Call[] {
  const read = [rows(op.pattern), rows(op.before), rows(op.z), own(op.values).address] as const;
  const { nHeads, nKvHeads, dValue } = op;
  const dRow = rowSize(op.values) / nKvHeads;
  const width = op.pattern.shape[2] ?? 0;
  const keyNs = nHeads * dValue * MULTIPLY_ADD_NS;
  const work = {
    total: perToken(nHeads),
    ns: (nTokens: number, from: number) => nTokens * (from + nTokens) * keyNs,
  };
  const shape = [start, nHeads, nKvHeads, dRow, dValue, width] as const;
  return [callOf("mixValues", work, [...read, ...shape, rows(op.out)])];
}
