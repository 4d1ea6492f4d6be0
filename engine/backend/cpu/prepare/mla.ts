import { rowSize } from "../../checkOperator.ts";
import type { MlaAbsorbQuery, MlaExpand, MlaLatent, MlaValue } from "../../operators.ts";
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

export function mlaAbsorbQuery(
  op: MlaAbsorbQuery,
  { kernels, scratch, own }: PrepareContext,
): Runner {
  const [q, weight, out] = [own(op.q).address, own(op.keyWeight).address, own(op.out).address];
  const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const bf16 = isBf16(op.keyWeight);
  const row = rowSize(op.q);
  const dQuery = row / heads;
  const dOut = rowSize(op.out) / heads;
  const [rotary, rotaryOut] = [q + floatBytes * dNope, out + floatBytes * dLatent];
  return (nTokens) => {
    const space = scratch.reserve(productBytes(nTokens, dNope));
    kernels.multiplyHeads(
      bf16,
      q,
      row,
      dQuery,
      weight,
      nTokens,
      heads,
      dLatent,
      dNope,
      out,
      dOut,
      space,
    );
    kernels.copyHeads(rotary, row, dQuery, rotaryOut, dOut, nTokens, heads, dQuery - dNope);
  };
}

export function mlaExpand(op: MlaExpand, { kernels, scratch, own }: PrepareContext): Runner {
  const [cache, k, v] = [own(op.cache).address, own(op.k).address, own(op.v).address];
  const [keyWeight, valueWeight] = [own(op.keyWeight).address, own(op.valueWeight).address];
  const [keyBf16, valueBf16] = [isBf16(op.keyWeight), isBf16(op.valueWeight)];
  const [heads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const dValue = op.valueWeight.shape[1] ?? 0;
  const width = rowSize(op.cache);
  const dRope = width - dLatent;
  const dKey = dNope + dRope;
  return (nTokens, start) => {
    const rows = start + nTokens;
    const space = scratch.reserve(productBytes(rows, dLatent));
    kernels.mlaExpandKeys(keyBf16, cache, width, keyWeight, rows, heads, dLatent, dNope, k, dKey);
    const [rotary, rotaryOut] = [cache + floatBytes * dLatent, k + floatBytes * dNope];
    kernels.copyHeads(rotary, width, 0, rotaryOut, dKey, rows, heads, dRope);
    kernels.multiplyHeads(
      valueBf16,
      cache,
      width,
      0,
      valueWeight,
      rows,
      heads,
      dValue,
      dLatent,
      v,
      dValue,
      space,
    );
  };
}

export function mlaValue(op: MlaValue, { kernels, scratch, own }: PrepareContext): Runner {
  const [u, weight, out] = [own(op.u).address, own(op.valueWeight).address, own(op.out).address];
  const [heads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
  const bf16 = isBf16(op.valueWeight);
  return (nTokens) => {
    const space = scratch.reserve(productBytes(nTokens, dLatent));
    kernels.multiplyHeads(
      bf16,
      u,
      heads * dLatent,
      dLatent,
      weight,
      nTokens,
      heads,
      dValue,
      dLatent,
      out,
      dValue,
      space,
    );
  };
}
