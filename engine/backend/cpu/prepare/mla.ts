import { rowSize } from "../../checkOperator.ts";
import type { MlaAbsorbQuery, MlaExpand, MlaLatent, MlaValue } from "../../operators.ts";
import {
  flag,
  floatBytes,
  formatOf,
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
  const format = formatOf(op.keyWeight, context);
  const row = rowSize(op.q);
  const dQuery = row / heads;
  const dOut = rowSize(op.out) / heads;
  const [rotary, rotaryOut] = [q + floatBytes * dNope, out + floatBytes * dLatent];
  return (nTokens) => {
    const space = scratch.reserve(productBytes(nTokens, dNope));
    kernels.multiplyHeads(
      format,
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

export function mlaExpand(op: MlaExpand, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
  const [cache, k, v] = [own(op.cache).address, own(op.k).address, own(op.v).address];
  const [keyWeight, valueWeight] = [own(op.keyWeight).address, own(op.valueWeight).address];
  const [keyBf16, valueFormat] = [isBf16(op.keyWeight), formatOf(op.valueWeight, context)];
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
      valueFormat,
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

export function mlaValue(op: MlaValue, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
  const [u, weight, out] = [own(op.u).address, own(op.valueWeight).address, own(op.out).address];
  const [heads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
  const format = formatOf(op.valueWeight, context);
  return (nTokens) => {
    const space = scratch.reserve(productBytes(nTokens, dLatent));
    kernels.multiplyHeads(
      format,
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
