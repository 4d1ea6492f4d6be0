import { rowSize } from "../../checkOperator.ts";
import { expertIndexError } from "../../indexErrors.ts";
import type { ExpertsCombine, ExpertsDown, ExpertsUp, Route } from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import { MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import {
  addressOf,
  flag,
  floatBytes,
  integerSpaceBytes,
  isBf16,
  type PrepareContext,
  panelSpaceBytes,
  pointerBytes,
  type Runner,
  rowsOf,
} from "./prepareContext.ts";
import { productRows } from "./productRows.ts";

export function route(op: Route, context: PrepareContext): Runner {
  const { split, rows } = context;
  const [logits, scores, biased] = [rows(op.logits), rows(op.scores), rows(op.biased)];
  const [indices, weights] = [rows(op.indices), rows(op.weights)];
  const [bias, biasBf16] = [addressOf(op.bias, context), isBf16(op.bias)];
  const [adjust, map] = [addressOf(op.adjust, context), rowsOf(op.adjustRows, context)];
  const counts = rowsOf(op.counts, context);
  const [sigmoid, byMax] = [flag(op.scoring === "sigmoid"), flag(op.groupScore === "max")];
  const normalize = flag(op.normalize);
  const { k, nGroups, nGroupsKept, scale } = op;
  const nExperts = rowSize(op.logits);
  const scratchBytes = (floatBytes + 1) * nExperts;
  return (nTokens, _start, row) => {
    const ns = nTokens * nExperts * (2 * k + 4) * SCALAR_NS; // every choice looks at all
    split("route", { total: nTokens, ns, scratchBytes }, [
      sigmoid,
      logits.at(row),
      bias,
      biasBf16,
      adjust,
      map.at(row),
      counts.at(row),
      nExperts,
      k,
      nGroups,
      nGroupsKept,
      byMax,
      normalize,
      scale,
      scores.at(row),
      biased.at(row),
      indices.at(row),
      weights.at(row),
    ]);
  };
}

export function expertsUp(op: ExpertsUp, context: PrepareContext): Runner {
  const { split, own, rows, intAt } = context;
  const [x, indices, out] = [rows(op.x), rows(op.indices), rows(op.out)];
  const [gate, up] = [own(op.gate).address, own(op.up).address];
  const [gateBias, upBias] = [addressOf(op.gateBias, context), addressOf(op.upBias, context)];
  const { alpha, limit } = op.activation.kind === "clamped" ? op.activation : NO_LIMIT;
  const [nExperts = 0, dExpert = 0, dModel = 0] = op.gate.shape;
  const k = rowSize(op.indices);
  const panels = panelsOf(dExpert);
  const weights = [own(op.gate), own(op.up)];
  const { limbs, weightNs, rowsAt } = productRows(context, dModel, weights);
  return (nTokens, _start, row) => {
    const ns = 2 * nTokens * k * dModel * dExpert * weightNs;
    const scratchBytes = expertBytes(nExperts, nTokens * k, dModel, dExpert, limbs);
    const bad = split("expertsUp", { total: panels, ns, scratchBytes }, [
      gate,
      up,
      limbs,
      rowsAt(x.at(row), nTokens),
      indices.at(row),
      gateBias,
      upBias,
      alpha,
      limit,
      nTokens,
      k,
      nExperts,
      out.at(row),
    ]);
    if (bad < 0) return;
    const slot = row * k + bad;
    throw expertIndexError(op.kind, intAt(op.indices, slot), slot, nExperts);
  };
}

export function expertsDown(op: ExpertsDown, context: PrepareContext): Runner {
  const { split, own, rows, intAt } = context;
  const bias = addressOf(op.bias, context);
  const [h, indices, out] = [rows(op.h), rows(op.indices), rows(op.out)];
  const down = own(op.down).address;
  const [nExperts = 0, dModel = 0, dExpert = 0] = op.down.shape;
  const k = rowSize(op.indices);
  const panels = panelsOf(dModel);
  const { limbs, weightNs, rowsAt } = productRows(context, dExpert, [own(op.down)]);
  return (nTokens, _start, row) => {
    const ns = nTokens * k * dModel * dExpert * weightNs;
    const scratchBytes = expertBytes(nExperts, nTokens * k, dExpert, dModel, limbs);
    const bad = split("expertsDown", { total: panels, ns, scratchBytes }, [
      down,
      limbs,
      rowsAt(h.at(row), nTokens * k),
      indices.at(row),
      bias,
      nTokens,
      k,
      nExperts,
      out.at(row),
    ]);
    if (bad < 0) return;
    const slot = row * k + bad;
    throw expertIndexError(op.kind, intAt(op.indices, slot), slot, nExperts);
  };
}

export function expertsCombine(op: ExpertsCombine, context: PrepareContext): Runner {
  const { split, rows } = context;
  const [experts, weights, out] = [rows(op.experts), rows(op.weights), rows(op.out)];
  const shared = rowsOf(op.shared, context);
  const [k, dModel] = [rowSize(op.weights), rowSize(op.out)];
  return (nTokens, _start, row) => {
    const work = { total: nTokens, ns: nTokens * k * dModel * MULTIPLY_ADD_NS };
    const read = [experts.at(row), weights.at(row), shared.at(row)] as const;
    split("expertsCombine", work, [...read, k, dModel, out.at(row)]);
  };
}

/** What the kernel takes for SiLU. */
const NO_LIMIT = { alpha: 0, limit: 0 };

/** Slots of an expert that the kernels take together; see wasm/experts.ts. */
const blockSlots = 128;

/**
 * Scratch of the experts' products: slots sorted by expert, three addresses for each of a block's slots, a bias, the second
 * products of a block, and what one product needs.
 */
function expertBytes(
  nExperts: number,
  slots: number,
  columns: number,
  rows: number,
  limbs: number,
): number {
  const sorted = pointerBytes * (nExperts + slots + 3 * blockSlots);
  const products = floatBytes * rows + blockSlots * floatBytes * 8 * panelsOf(rows);
  const integers = limbs === 0 ? integerSpaceBytes(slots, columns) : 0;
  return sorted + products + panelSpaceBytes(slots, columns) + integers + 64;
}
