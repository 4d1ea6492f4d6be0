import { rowSize } from "../../checkOperator.ts";
import type { MlaAbsorbQuery, MlaExpand, MlaLatent, MlaValue } from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import { COPY_NS, ELEMENT_NS, WEIGHT_NS } from "./costs.ts";
import {
  flag,
  floatBytes,
  isBf16,
  type PrepareContext,
  productBytes,
  type Runner,
} from "./prepareContext.ts";

export function mlaLatent(op: MlaLatent, { split, own, rows }: PrepareContext): Runner {
  const [x, weight, out] = [rows(op.x), own(op.weight), rows(op.out)];
  const [cos, sin] = [own(op.cos).address, own(op.sin).address];
  const [bf16, interleaved] = [isBf16(op.weight), flag(op.layout === "interleaved")];
  const dLatent = weight.length;
  const dRope = rowSize(op.x) - dLatent;
  return (nTokens, start, row) => {
    const work = { total: nTokens, ns: nTokens * (dLatent + dRope) * 2 * ELEMENT_NS };
    const angles = [cos, sin, start] as const;
    const args = [bf16, interleaved, x.at(row), weight.address, op.eps] as const;
    split("mlaLatent", work, [...args, ...angles, dLatent, dRope, out.at(row)]);
  };
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
    const scratchBytes = productBytes(nTokens, dNope);
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

export function mlaExpand(op: MlaExpand, context: PrepareContext): Runner {
  const { split, own } = context;
  const [cache, k, v] = [own(op.cache).address, own(op.k).address, own(op.v).address];
  const [keyWeight, valueWeight] = [own(op.keyWeight).address, own(op.valueWeight).address];
  const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const dValue = op.valueWeight.shape[1] ?? 0;
  const width = rowSize(op.cache);
  const dRope = width - dLatent;
  const dKey = dNope + dRope;
  const [keyPanels, valuePanels] = [heads * panelsOf(dNope), heads * panelsOf(dValue)];
  return (nTokens, start) => {
    const rows = start + nTokens;
    const ns = rows * heads * dLatent * WEIGHT_NS;
    const scratchBytes = productBytes(rows, dLatent);
    split("mlaExpandKeys", { total: keyPanels, ns: ns * dNope, scratchBytes }, [
      keyWeight,
      cache,
      width,
      rows,
      heads,
      k,
      dKey,
    ]);
    const [rotary, rotaryOut] = [cache + floatBytes * dLatent, k + floatBytes * dNope];
    const work = { total: rows, ns: rows * heads * dRope * COPY_NS };
    split("copyHeads", work, [rotary, width, 0, rotaryOut, dKey, heads, dRope]);
    split("multiplyHeads", { total: valuePanels, ns: ns * dValue, scratchBytes }, [
      valueWeight,
      cache,
      width,
      0,
      rows,
      heads,
      v,
      dValue,
    ]);
  };
}

export function mlaValue(op: MlaValue, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [u, weight, out] = [rows(op.u), own(op.valueWeight).address, rows(op.out)];
  const [heads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
  const [width, panels] = [heads * dLatent, heads * panelsOf(dValue)];
  return (nTokens, _start, row) => {
    const ns = nTokens * heads * dLatent * dValue * WEIGHT_NS;
    const work = { total: panels, ns, scratchBytes: productBytes(nTokens, dLatent) };
    const [from, to] = [u.at(row), out.at(row)];
    split("multiplyHeads", work, [weight, from, width, dLatent, nTokens, heads, to, dValue]);
  };
}
