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
import { type Call, callOf } from "./call.ts";
import { COPY_NS, ELEMENT_NS, EXP_NS, SCALAR_NS } from "./costs.ts";
import { Growing, perToken, START } from "./growing.ts";
import {
  addressOf,
  floatBytes,
  isBf16,
  type PrepareContext,
  productBytes,
  type Runner,
  rowsOf,
} from "./prepareContext.ts";
import { productRows } from "./productRows.ts";

export function embed(op: Embed, context: PrepareContext): Runner {
  const { kernels, own, rows, intAt } = context;
  const [ids, table, out] = [rows(op.ids), own(op.table).address, rows(op.out)];
  const [nVocab, width] = [op.table.shape[0] ?? 0, rowSize(op.table)];
  return (nTokens, _start, row) => {
    const bad = kernels.embed(table, ids.at(row), out.at(row), nTokens, nVocab, width);
    if (bad >= 0) throw tokenIdError(intAt(op.ids, row + bad), row + bad, nVocab);
  };
}

/** Elements that a chunk of an element-wise kernel is a multiple of: no cache line is written by two threads. */
const grain = 16;

export function rmsNorm(op: RmsNorm, { split, own, rows }: PrepareContext): Runner {
  const [x, weight, out] = [rows(op.x), own(op.weight).address, rows(op.out)];
  const [bf16, n, one] = [isBf16(op.weight), own(op.weight).length, op.rows === "one"];
  const { eps } = op;
  const runs = rowSize(op.x) / n;
  return (nTokens, _start, row) => {
    const total = runs * (one ? 1 : nTokens);
    const work = { total, ns: total * n * 2 * ELEMENT_NS };
    split("rmsNorm", work, [bf16, x.at(row), weight, eps, n, out.at(row)]);
  };
}

export function layerNorm(op: LayerNorm, { split, own, rows }: PrepareContext): Runner {
  const [x, out] = [rows(op.x), rows(op.out)];
  const [weight, bias] = [own(op.weight).address, own(op.bias).address];
  const [bf16, biasBf16] = [isBf16(op.weight), isBf16(op.bias)];
  const [n, one] = [rowSize(op.x), op.rows === "one"];
  return (nTokens, _start, row) => {
    const total = one ? 1 : nTokens;
    const work = { total, ns: total * n * (2 * ELEMENT_NS + SCALAR_NS) };
    const weights = [weight, bias, op.eps, n] as const;
    split("layerNorm", work, [bf16, biasBf16, x.at(row), ...weights, out.at(row)]);
  };
}

export function addPosition(op: AddPosition, { own, rows }: PrepareContext): Call[] {
  const width = rowSize(op.out);
  const work = { total: perToken(1), ns: (nTokens: number) => nTokens * width * SCALAR_NS };
  const [table, first] = [own(op.table).address, new Growing(op.shift, 1, START)];
  return [callOf("addPosition", work, [table, rows(op.x), first, rows(op.out)])];
}

export function clamp(op: Clamp, { split, rows }: PrepareContext): Runner {
  const [x, out] = [rows(op.x), rows(op.out)];
  const width = rowSize(op.out);
  return (nTokens, _start, row) => {
    const total = nTokens * width;
    split("clamp", { total, grain, ns: total * SCALAR_NS }, [x.at(row), op.limit, out.at(row)]);
  };
}

export function gelu(op: Gelu, { split, rows }: PrepareContext): Runner {
  const [x, out] = [rows(op.x), rows(op.out)];
  const width = rowSize(op.out);
  return (nTokens, _start, row) => {
    const total = nTokens * width;
    split("gelu", { total, grain, ns: total * EXP_NS }, [x.at(row), out.at(row)]);
  };
}

export function matmul(op: Matmul, context: PrepareContext): Runner {
  const { split, own, rows } = context;
  const [x, weight, out] = [rows(op.x), own(op.weight).address, rows(op.out)];
  const [bias, residual] = [addressOf(op.bias, context), rowsOf(op.residual, context)];
  const biasBf16 = isBf16(op.bias);
  const [n, k, one] = [op.weight.shape[0] ?? 0, rowSize(op.weight), op.rows === "one"];
  const panels = panelsOf(n);
  const { limbs, weightNs, rowsAt } = productRows(context, k, [own(op.weight)]);
  return (nTokens, _start, row) => {
    const count = one ? 1 : nTokens;
    const ns = count * n * k * weightNs;
    const work = { total: panels, grain: 2, ns, scratchBytes: productBytes(count, k) };
    const from = rowsAt(x.at(row), count);
    const added = [bias, biasBf16, residual.at(row)] as const;
    split("matmul", work, [weight, limbs, from, ...added, count, out.at(row)]);
  };
}

export function add(op: Add, { split, rows }: PrepareContext): Runner {
  const [a, b, out] = [rows(op.a), rows(op.b), rows(op.out)];
  const width = rowSize(op.out);
  return (nTokens, _start, row) => {
    const total = nTokens * width;
    const work = { total, grain, ns: total * ELEMENT_NS };
    split("add", work, [a.at(row), b.at(row), out.at(row)]);
  };
}

export function swiGlu(op: SwiGlu, { split, rows }: PrepareContext): Runner {
  const [gate, up, out] = [rows(op.gate), rows(op.up), rows(op.out)];
  const width = rowSize(op.out);
  return (nTokens, _start, row) => {
    const total = nTokens * width;
    const work = { total, grain, ns: total * EXP_NS };
    split("swiGlu", work, [gate.at(row), up.at(row), out.at(row)]);
  };
}

export function writeRows(op: WriteRows, { own, rows }: PrepareContext): Call[] {
  const width = rowSize(op.cache);
  const first = new Growing(own(op.cache).address, floatBytes * width, START);
  const work = { total: perToken(1), ns: (nTokens: number) => nTokens * width * COPY_NS };
  return [callOf("copyHeads", work, [rows(op.x), width, 0, first, width, 1, width])];
}

export function lastRow(op: LastRow, { kernels, own, rows }: PrepareContext): Runner {
  const [x, out] = [rows(op.x), own(op.out).address];
  const width = rowSize(op.out);
  return (nTokens, _start, row) => {
    const last = x.at(row + nTokens - 1);
    kernels.copyHeads(last, width, 0, out, width, 1, width, 0, 1);
  };
}
