import { rowSize } from "../../checkOperator.ts";
import type { MlaAbsorbQuery, MlaExpand, MlaLatent, MlaValue } from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import { type Call, callOf } from "./call.ts";
import { COPY_NS, ELEMENT_NS, WEIGHT_NS } from "./costs.ts";
import { end, perToken, start } from "./growing.ts";
import {
  flag,
  floatBytes,
  floatProductBytes,
  isBf16,
  type PrepareContext,
  type Runner,
} from "./prepareContext.ts";

export function mlaLatent(op: MlaLatent, { own, rows }: PrepareContext): Call[] {
  const weight = own(op.weight);
  const [cos, sin] = [own(op.cos).address, own(op.sin).address];
  const [bf16, interleaved] = [isBf16(op.weight), flag(op.layout === "interleaved")];
  const dLatent = weight.length;
  const dRope = rowSize(op.x) - dLatent;
  const ns = (dLatent + dRope) * 2 * ELEMENT_NS;
  const work = { total: perToken(1), ns: (nTokens: number) => nTokens * ns };
  const args = [bf16, interleaved, rows(op.x), weight.address, op.eps] as const;
  const angles = [cos, sin, start] as const;
  return [callOf("mlaLatent", work, [...args, ...angles, dLatent, dRope, rows(op.out)])];
}

export function mlaAbsorbQuery(op: MlaAbsorbQuery, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [q, weight, out] = [rows(op.q), own(op.keyWeight).address, rows(op.out)];
  const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const panels = heads * panelsOf(dLatent);
  const width = rowSize(op.q);
  const dQuery = width / heads;
  const dOut = rowSize(op.out) / heads;
  const dRope = dQuery - dNope;
  return (nTokens, _start, row) => {
    const [from, to] = [q.at(row), out.at(row)];
    const products = nTokens * heads * dLatent * dNope;
    const scratchBytes = floatProductBytes(nTokens, dNope);
    split("multiplyHeads", { total: panels, ns: products * WEIGHT_NS, scratchBytes }, [
      weight,
      from,
      width,
      dQuery,
      nTokens,
      heads,
      to,
      dOut,
    ]);
    const work = { total: nTokens, ns: nTokens * heads * dRope * COPY_NS };
    const [rotary, rotaryOut] = [from + floatBytes * dNope, to + floatBytes * dLatent];
    split("copyHeads", work, [rotary, width, dQuery, rotaryOut, dOut, heads, dRope]);
  };
}

export function mlaExpand(op: MlaExpand, { own }: PrepareContext): Call[] {
  const [cache, k, v] = [own(op.cache).address, own(op.k).address, own(op.v).address];
  const [keyWeight, valueWeight] = [own(op.keyWeight).address, own(op.valueWeight).address];
  const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const dValue = op.valueWeight.shape[1] ?? 0;
  const width = rowSize(op.cache);
  const dRope = width - dLatent;
  const dKey = dNope + dRope;
  const [keyPanels, valuePanels] = [heads * panelsOf(dNope), heads * panelsOf(dValue)];
  const scratchBytes = (nTokens: number, from: number) =>
    floatProductBytes(from + nTokens, dLatent);
  const nsOf = (perRow: number) => (nTokens: number, from: number) => (from + nTokens) * perRow;
  const rowNs = heads * dLatent * WEIGHT_NS;
  const ofKeys = { total: keyPanels, ns: nsOf(rowNs * dNope), scratchBytes };
  const ofRotary = { total: end, ns: nsOf(heads * dRope * COPY_NS) };
  const ofValues = { total: valuePanels, ns: nsOf(rowNs * dValue), scratchBytes };
  const [rotary, rotaryOut] = [cache + floatBytes * dLatent, k + floatBytes * dNope];
  const latents = [valueWeight, cache, width, 0, end, heads] as const;
  return [
    callOf("mlaExpandKeys", ofKeys, [keyWeight, cache, width, end, heads, k, dKey]),
    callOf("copyHeads", ofRotary, [rotary, width, 0, rotaryOut, dKey, heads, dRope]),
    callOf("multiplyHeads", ofValues, [...latents, v, dValue]),
  ];
}

export function mlaValue(op: MlaValue, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [u, weight, out] = [rows(op.u), own(op.valueWeight).address, rows(op.out)];
  const [heads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
  const [width, panels] = [heads * dLatent, heads * panelsOf(dValue)];
  return (nTokens, _start, row) => {
    const ns = nTokens * heads * dLatent * dValue * WEIGHT_NS;
    const work = { total: panels, ns, scratchBytes: floatProductBytes(nTokens, dLatent) };
    const [from, to] = [u.at(row), out.at(row)];
    split("multiplyHeads", work, [weight, from, width, dLatent, nTokens, heads, to, dValue]);
  };
}
