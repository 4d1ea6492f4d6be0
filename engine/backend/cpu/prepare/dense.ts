import { rowSize } from "../../checkOperator.ts";
import { tokenIdError } from "../../indexErrors.ts";
import type {
  Add,
  AddPosition,
  Clamp,
  Embed,
  Gelu,
  LastRow,
  LayerNorm,
  Matmul,
  RmsNorm,
  SwiGlu,
  WriteRows,
} from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import {
  floatBytes,
  isBf16,
  type PrepareContext,
  productBytes,
  type Runner,
} from "./prepareContext.ts";

export function embed(op: Embed, context: PrepareContext): Runner {
  const { kernels, own, row, intAt } = context;
  const [ids, table, out] = [own(op.ids).address, own(op.table).address, own(op.out).address];
  const [nVocab, width] = [op.table.shape[0] ?? 0, rowSize(op.table)];
  return (nTokens) => {
    const bad = kernels.embed(table, ids, out, nTokens, nVocab, width);
    if (bad >= 0) throw tokenIdError(intAt(op.ids, row + bad), row + bad, nVocab);
  };
}

export function rmsNorm(op: RmsNorm, { kernels, own }: PrepareContext): Runner {
  const [x, weight, out] = [own(op.x).address, own(op.weight).address, own(op.out).address];
  const [bf16, n, one] = [isBf16(op.weight), own(op.weight).length, op.rows === "one"];
  const runs = rowSize(op.x) / n;
  return (nTokens) => kernels.rmsNorm(bf16, x, weight, op.eps, runs * (one ? 1 : nTokens), n, out);
}

export function layerNorm(op: LayerNorm, { kernels, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const [weight, bias] = [own(op.weight).address, own(op.bias).address];
  const [bf16, biasBf16] = [isBf16(op.weight), isBf16(op.bias)];
  const [n, one] = [rowSize(op.x), op.rows === "one"];
  return (nTokens) =>
    kernels.layerNorm(bf16, biasBf16, x, weight, bias, op.eps, one ? 1 : nTokens, n, out);
}

export function addPosition(op: AddPosition, { kernels, own }: PrepareContext): Runner {
  const [x, table, out] = [own(op.x).address, own(op.table).address, own(op.out).address];
  return (nTokens, start) => kernels.addPosition(table, x, start + op.shift, nTokens, out);
}

export function clamp(op: Clamp, { kernels, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => kernels.clamp(x, op.limit, nTokens * width, out);
}

export function gelu(op: Gelu, { kernels, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => kernels.gelu(x, nTokens * width, out);
}

export function matmul(op: Matmul, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
  const [x, weight, out] = [own(op.x).address, own(op.weight).address, own(op.out).address];
  const bias = op.bias ? own(op.bias).address : 0;
  const residual = op.residual ? own(op.residual).address : 0;
  const biasBf16 = op.bias ? isBf16(op.bias) : 0;
  const [n, k, one] = [op.weight.shape[0] ?? 0, rowSize(op.weight), op.rows === "one"];
  const panels = panelsOf(n);
  return (nTokens) => {
    const rows = one ? 1 : nTokens;
    const space = scratch.reserve(productBytes(rows, k));
    kernels.matmul(weight, x, bias, biasBf16, residual, rows, out, 0, panels, space);
  };
}

export function add(op: Add, { kernels, own }: PrepareContext): Runner {
  const [a, b, out] = [own(op.a).address, own(op.b).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => kernels.add(a, b, nTokens * width, out);
}

export function swiGlu(op: SwiGlu, { kernels, own }: PrepareContext): Runner {
  const [gate, up, out] = [own(op.gate).address, own(op.up).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => kernels.swiGlu(gate, up, nTokens * width, out);
}

export function writeRows(op: WriteRows, { kernels, own }: PrepareContext): Runner {
  const [x, cache] = [own(op.x).address, own(op.cache).address];
  const width = rowSize(op.cache);
  return (nTokens, start) =>
    kernels.copyHeads(x, width, 0, cache + floatBytes * start * width, width, nTokens, 1, width);
}

export function lastRow(op: LastRow, { kernels, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) =>
    kernels.copyHeads(x + floatBytes * (nTokens - 1) * width, width, 0, out, width, 1, 1, width);
}
