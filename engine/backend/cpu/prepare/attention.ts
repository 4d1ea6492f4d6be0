import { rowSize } from "../../checkOperator.ts";
import { edgeMask } from "../../edgeMask.ts";
import type {
  Attention,
  AttentionTile,
  ProjectHeads,
  Rope,
  ScoringOperator,
} from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import { EXP_NS, MULTIPLY_ADD_NS, SCALAR_NS, WEIGHT_NS } from "./costs.ts";
import {
  addressOf,
  flag,
  floatBytes,
  isBf16,
  type PrepareContext,
  productBytes,
  Rows,
  type Runner,
} from "./prepareContext.ts";

/** Of sixteen queries the scores of a block of keys, and a record; see wasm/attendTogether.ts. */
const attentionBytes = 16 * (floatBytes * 64 + 32);

export function rope(op: Rope, { split, own, rows }: PrepareContext): Runner {
  const [x, out] = [rows(op.x), rows(op.out)];
  const [cos, sin] = [own(op.cos).address, own(op.sin).address];
  const [, heads = 0, dHead = 0] = op.x.shape;
  const interleaved = flag(op.layout === "interleaved");
  const { offset, dim } = op;
  return (nTokens, start, row) => {
    const total = nTokens * heads;
    const work = { total, ns: total * dim * SCALAR_NS };
    const shape = [start, heads, dHead, offset, dim] as const;
    split("rope", work, [interleaved, x.at(row), cos, sin, ...shape, out.at(row)]);
  };
}

/** What the kernels want to know of temperatures and masks; 0 stands for none. */
export function headEdits(op: ScoringOperator, context: PrepareContext) {
  const temperatures = addressOf(op.temperatures, context);
  if (!op.mask) return { temperatures, map: new Rows(0, 0), bits: 0, words: 0 };
  const { firstBits, words } = edgeMask(op.mask.shape, op.q.shape[0] ?? 0, op.nHeads);
  const { address } = context.own(op.mask);
  const map = new Rows(address, floatBytes * op.nHeads);
  return { temperatures, map, bits: address + floatBytes * firstBits, words };
}

export function attention(op: Attention, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [q, out, lse] = [rows(op.q), rows(op.out), rows(op.lse)];
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
    const selection = rows(op.selection);
    const most = rowSize(op.selection);
    const scratchBytes = attentionBytes + floatBytes * most * (dKey + dValue);
    return (nTokens, start, row) => {
      const total = nTokens * nHeads;
      const ns = total * Math.min(start + nTokens, most) * keyNs;
      split("attentionOver", { total, ns, scratchBytes }, [
        selection.at(row),
        most,
        q.at(row),
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
        map.at(row),
        bits,
        words,
        out.at(row),
        lse.at(row),
      ]);
    };
  }
  return (nTokens, start, row) => {
    const total = nTokens * nHeads;
    const keys = start + nTokens / 2;
    const ns = total * (window ? Math.min(window, keys) : keys) * keyNs;
    split("attention", { total, ns, scratchBytes: attentionBytes }, [
      q.at(row),
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
      map.at(row),
      bits,
      words,
      out.at(row),
      lse.at(row),
    ]);
  };
}

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
  const pool = op.pool?.size ?? 1;
  const total = headCount * Math.ceil(queryCount / pool);
  const cellNs = op.dKey * MULTIPLY_ADD_NS + EXP_NS + SCALAR_NS;
  const ns = headCount * queryCount * keyCount * cellNs;
  return (_nTokens, _start, row) =>
    split("attentionTile", { total, ns, scratchBytes: 2 * floatBytes * keyCount }, [
      pattern,
      byMax,
      pool,
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
