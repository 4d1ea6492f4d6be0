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
import { COPY_NS, ELEMENT_NS, EXP_NS, SCALAR_NS } from "./costs.ts";
import { productRows } from "./integerRows.ts";
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

/** Elements that a chunk of an element-wise kernel is a multiple of: no cache line is written by two threads. */
const grain = 16;

export function rmsNorm(op: RmsNorm, { split, own }: PrepareContext): Runner {
  const [x, weight, out] = [own(op.x).address, own(op.weight).address, own(op.out).address];
  const [bf16, n, one] = [isBf16(op.weight), own(op.weight).length, op.rows === "one"];
  const runs = rowSize(op.x) / n;
  return (nTokens) => {
    const total = runs * (one ? 1 : nTokens);
    split("rmsNorm", { total, ns: total * n * 2 * ELEMENT_NS }, [bf16, x, weight, op.eps, n, out]);
  };
}

export function layerNorm(op: LayerNorm, { split, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const [weight, bias] = [own(op.weight).address, own(op.bias).address];
  const [bf16, biasBf16] = [isBf16(op.weight), isBf16(op.bias)];
  const [n, one] = [rowSize(op.x), op.rows === "one"];
  return (nTokens) => {
    const total = one ? 1 : nTokens;
    const work = { total, ns: total * n * (2 * ELEMENT_NS + SCALAR_NS) };
    split("layerNorm", work, [bf16, biasBf16, x, weight, bias, op.eps, n, out]);
  };
}

export function addPosition(op: AddPosition, { split, own }: PrepareContext): Runner {
  const [x, table, out] = [own(op.x).address, own(op.table).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens, start) => {
    const work = { total: nTokens, ns: nTokens * width * SCALAR_NS };
    split("addPosition", work, [table, x, start + op.shift, out]);
  };
}

export function clamp(op: Clamp, { split, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => {
    const total = nTokens * width;
    split("clamp", { total, grain, ns: total * SCALAR_NS }, [x, op.limit, out]);
  };
}

export function gelu(op: Gelu, { split, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => {
    const total = nTokens * width;
    split("gelu", { total, grain, ns: total * EXP_NS }, [x, out]);
  };
}

export function matmul(op: Matmul, context: PrepareContext): Runner {
  const { split, own } = context;
  const [x, weight, out] = [own(op.x).address, own(op.weight).address, own(op.out).address];
  const bias = op.bias ? own(op.bias).address : 0;
  const residual = op.residual ? own(op.residual).address : 0;
  const biasBf16 = op.bias ? isBf16(op.bias) : 0;
  const [n, k, one] = [op.weight.shape[0] ?? 0, rowSize(op.weight), op.rows === "one"];
  const { isInteger, weightNs, addressOf } = productRows(context, x, k, [own(op.weight)]);
  return (nTokens) => {
    const rows = one ? 1 : nTokens;
    const ns = rows * n * k * weightNs;
    const work = { total: panelsOf(n), grain: 2, ns, scratchBytes: productBytes(rows, k) };
    const from = addressOf(rows);
    split("matmul", work, [weight, isInteger, from, bias, biasBf16, residual, rows, out]);
  };
}

export function add(op: Add, { split, own }: PrepareContext): Runner {
  const [a, b, out] = [own(op.a).address, own(op.b).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => {
    const total = nTokens * width;
    split("add", { total, grain, ns: total * ELEMENT_NS }, [a, b, out]);
  };
}

export function swiGlu(op: SwiGlu, { split, own }: PrepareContext): Runner {
  const [gate, up, out] = [own(op.gate).address, own(op.up).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) => {
    const total = nTokens * width;
    split("swiGlu", { total, grain, ns: total * EXP_NS }, [gate, up, out]);
  };
}

export function writeRows(op: WriteRows, { split, own }: PrepareContext): Runner {
  const [x, cache] = [own(op.x).address, own(op.cache).address];
  const width = rowSize(op.cache);
  return (nTokens, start) => {
    const first = cache + floatBytes * start * width;
    const work = { total: nTokens, ns: nTokens * width * COPY_NS };
    split("copyHeads", work, [x, width, 0, first, width, 1, width]);
  };
}

export function lastRow(op: LastRow, { kernels, own }: PrepareContext): Runner {
  const [x, out] = [own(op.x).address, own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens) =>
    kernels.copyHeads(x + floatBytes * (nTokens - 1) * width, width, 0, out, width, 1, width, 0, 1);
}
