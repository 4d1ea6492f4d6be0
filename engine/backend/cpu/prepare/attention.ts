import { rowSize } from "../../checkOperator.ts";
import { edgeMask } from "../../edgeMask.ts";
import type { Attention, ProjectHeads, Rope, ScoringOperator } from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import { type Call, callOf } from "./call.ts";
import { EXP_NS, MULTIPLY_ADD_NS, SCALAR_NS, WEIGHT_NS } from "./costs.ts";
import { Growing, perToken, ROW, start } from "./growing.ts";
import {
  addressOf,
  flag,
  floatBytes,
  isBf16,
  type PrepareContext,
  productBytes,
  type Runner,
} from "./prepareContext.ts";

/** Of sixteen queries the scores of a block of keys, and a record; where the keys stand; see wasm/attendTogether.ts. */
export const attentionBytes = 16 * (floatBytes * 64 + 40) + floatBytes * 64;

export function rope(op: Rope, { own, rows }: PrepareContext): Call[] {
  const [cos, sin] = [own(op.cos).address, own(op.sin).address];
  const [, heads = 0, dHead = 0] = op.x.shape;
  const interleaved = flag(op.layout === "interleaved");
  const shape = [start, heads, dHead, op.offset, op.dim] as const;
  const ns = heads * op.dim * SCALAR_NS;
  const work = { total: perToken(heads), ns: (nTokens: number) => nTokens * ns };
  return [callOf("rope", work, [interleaved, rows(op.x), cos, sin, ...shape, rows(op.out)])];
}

/** What the kernels want to know of temperatures and masks; 0 stands for none. */
export function headEdits(op: ScoringOperator, context: PrepareContext) {
  const temperatures = addressOf(op.temperatures, context);
  if (!op.mask) return { temperatures, map: new Growing(0, 0, ROW), bits: 0, words: 0 };
  const { firstBits, words } = edgeMask(op.mask.shape, op.q.shape[0] ?? 0, op.nHeads);
  const { address } = context.own(op.mask);
  const map = new Growing(address, floatBytes * op.nHeads, ROW);
  return { temperatures, map, bits: address + floatBytes * firstBits, words };
}

export function attention(op: Attention, context: PrepareContext): Call[] {
  const { own, rows } = context;
  const [q, out, lse] = [rows(op.q), rows(op.out), rows(op.lse)];
  const moments = op.moments ? rows(op.moments) : 0;
  const k = own(op.k).address;
  const v = op.v ? own(op.v).address : k;
  const vHead = op.v ? op.dValue : op.dKey;
  const vRow = op.nKvHeads * vHead;
  const { nHeads, nKvHeads, dKey, dValue, scale } = op;
  const window = op.window ?? 0;
  const keyNs = (dKey + dValue) * MULTIPLY_ADD_NS + EXP_NS;
  const [sinks, sinksBf16] = [addressOf(op.sinks, context), isBf16(op.sinks)];
  const { temperatures, map, bits, words } = headEdits(op, context);
  if (op.selection) {
    const most = rowSize(op.selection);
    const work = {
      total: perToken(nHeads),
      ns: (nTokens: number, from: number) =>
        nTokens * nHeads * Math.min(from + nTokens, most) * keyNs,
      scratchBytes: attentionBytes + floatBytes * most * (dKey + dValue),
    };
    return [
      callOf("attentionOver", work, [
        rows(op.selection),
        most,
        q,
        k,
        v,
        vRow,
        vHead,
        start,
        nHeads,
        nKvHeads,
        dKey,
        dValue,
        scale,
        sinks,
        sinksBf16,
        temperatures,
        map,
        bits,
        words,
        out,
        lse,
        moments,
      ]),
    ];
  }
  const work = {
    total: perToken(nHeads),
    ns: (nTokens: number, from: number) => {
      const keys = from + nTokens / 2;
      return nTokens * nHeads * (window ? Math.min(window, keys) : keys) * keyNs;
    },
    scratchBytes: attentionBytes,
  };
  return [
    callOf("attention", work, [
      q,
      k,
      v,
      vRow,
      vHead,
      start,
      nHeads,
      nKvHeads,
      dKey,
      dValue,
      scale,
      window,
      sinks,
      sinksBf16,
      temperatures,
      map,
      bits,
      words,
      out,
      lse,
      moments,
    ]),
  ];
}

export function projectHeads(op: ProjectHeads, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [z, weight, out] = [rows(op.z), own(op.outputWeight).address, rows(op.out)];
  const [, heads = 0, dValue = 0] = op.z.shape;
  const dModel = op.outputWeight.shape[0] ?? 0;
  const panels = panelsOf(dModel);
  return (nTokens, _start, row) => {
    const ns = nTokens * heads * dValue * dModel * WEIGHT_NS;
    const work = { total: panels, ns, scratchBytes: productBytes(nTokens, heads * dValue) };
    split("projectHeads", work, [weight, z.at(row), nTokens, heads, dValue, out.at(row)]);
  };
}
