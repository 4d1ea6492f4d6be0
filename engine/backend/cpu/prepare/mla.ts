import { rowSize } from "../../checkOperator.ts";
import type { MlaAbsorbQuery, MlaExpand, MlaLatent, MlaValue } from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import {
  flag,
  floatBytes,
  isBf16,
  type PrepareContext,
  productBytes,
  type Runner,
} from "./prepareContext.ts";

export function mlaLatent(op: MlaLatent, { kernels, own }: PrepareContext): Runner {
  const [x, weight, out] = [own(op.x).address, own(op.weight), own(op.out).address];
  const [cos, sin] = [own(op.cos).address, own(op.sin).address];
  const [bf16, interleaved] = [isBf16(op.weight), flag(op.layout === "interleaved")];
  const dLatent = weight.length;
  const dRope = rowSize(op.x) - dLatent;
  return (nTokens, start) =>
    kernels.mlaLatent(
      bf16,
      interleaved,
      x,
      weight.address,
      op.eps,
      cos,
      sin,
      nTokens,
      start,
      dLatent,
      dRope,
      out,
    );
}

export function mlaAbsorbQuery(op: MlaAbsorbQuery, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
  const [q, weight, out] = [own(op.q).address, own(op.keyWeight).address, own(op.out).address];
  const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const panels = heads * panelsOf(dLatent);
  const row = rowSize(op.q);
  const dQuery = row / heads;
  const dOut = rowSize(op.out) / heads;
  const [rotary, rotaryOut] = [q + floatBytes * dNope, out + floatBytes * dLatent];
  return (nTokens) => {
    const space = scratch.reserve(productBytes(nTokens, dNope));
    kernels.multiplyHeads(weight, q, row, dQuery, nTokens, heads, out, dOut, 0, panels, space);
    kernels.copyHeads(rotary, row, dQuery, rotaryOut, dOut, nTokens, heads, dQuery - dNope);
  };
}

export function mlaExpand(op: MlaExpand, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
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
    const space = scratch.reserve(productBytes(rows, dLatent));
    kernels.mlaExpandKeys(keyWeight, cache, width, rows, heads, k, dKey, 0, keyPanels, space);
    const [rotary, rotaryOut] = [cache + floatBytes * dLatent, k + floatBytes * dNope];
    kernels.copyHeads(rotary, width, 0, rotaryOut, dKey, rows, heads, dRope);
    kernels.multiplyHeads(
      valueWeight,
      cache,
      width,
      0,
      rows,
      heads,
      v,
      dValue,
      0,
      valuePanels,
      space,
    );
  };
}

export function mlaValue(op: MlaValue, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
  const [u, weight, out] = [own(op.u).address, own(op.valueWeight).address, own(op.out).address];
  const [heads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
  const [row, panels] = [heads * dLatent, heads * panelsOf(dValue)];
  return (nTokens) => {
    const space = scratch.reserve(productBytes(nTokens, dLatent));
    kernels.multiplyHeads(weight, u, row, dLatent, nTokens, heads, out, dValue, 0, panels, space);
  };
}
