import { rowSize } from "../../checkOperator.ts";
import { expertIndexError } from "../../indexErrors.ts";
import type { ExpertsCombine, ExpertsDown, ExpertsUp, Route } from "../../operators.ts";
import { panelsOf } from "../panelLayout.ts";
import { MULTIPLY_ADD_NS, SCALAR_NS } from "./costs.ts";
import { productRows } from "./integerRows.ts";
import {
  addressOf,
  flag,
  floatBytes,
  isBf16,
  type PrepareContext,
  panelSpaceBytes,
  pointerBytes,
  type Runner,
} from "./prepareContext.ts";

export function route(op: Route, context: PrepareContext): Runner {
  const { split, own } = context;
  const [logits, scores, biased] = [
    own(op.logits).address,
    own(op.scores).address,
    own(op.biased).address,
  ];
  const [indices, weights] = [own(op.indices).address, own(op.weights).address];
  const [bias, biasBf16] = [addressOf(op.bias, context), isBf16(op.bias)];
  const [adjust, map] = [addressOf(op.adjust, context), addressOf(op.adjustRows, context)];
  const counts = addressOf(op.counts, context);
  const [sigmoid, byMax] = [flag(op.scoring === "sigmoid"), flag(op.groupScore === "max")];
  const normalize = flag(op.normalize);
  const { k, nGroups, nGroupsKept, scale } = op;
  const nExperts = rowSize(op.logits);
  const scratchBytes = (floatBytes + 1) * nExperts;
  return (nTokens) => {
    const ns = nTokens * nExperts * (2 * k + 4) * SCALAR_NS; // every choice looks at all
    split("route", { total: nTokens, ns, scratchBytes }, [
      sigmoid,
      logits,
      bias,
      biasBf16,
      adjust,
      map,
      counts,
      nExperts,
      k,
      nGroups,
      nGroupsKept,
      byMax,
      normalize,
      scale,
      scores,
      biased,
      indices,
      weights,
    ]);
  };
}

export function expertsUp(op: ExpertsUp, context: PrepareContext): Runner {
  const { split, own, row, intAt } = context;
  const [x, indices, out] = [own(op.x).address, own(op.indices).address, own(op.out).address];
  const [gate, up] = [own(op.gate).address, own(op.up).address];
  const [gateBias, upBias] = [addressOf(op.gateBias, context), addressOf(op.upBias, context)];
  const { alpha, limit } = op.activation.kind === "clamped" ? op.activation : NO_LIMIT;
  const [nExperts = 0, dExpert = 0, dModel = 0] = op.gate.shape;
  const k = rowSize(op.indices);
  const panels = panelsOf(dExpert);
  const weights = [own(op.gate), own(op.up)];
  const { isInteger, weightNs, addressOf: rowsAt } = productRows(context, x, dModel, weights);
  return (nTokens) => {
    const ns = 2 * nTokens * k * dModel * dExpert * weightNs;
    const scratchBytes = expertBytes(nExperts, nTokens * k, dModel, dExpert);
    const bad = split("expertsUp", { total: panels, ns, scratchBytes }, [
      gate,
      up,
      isInteger,
      rowsAt(nTokens),
      indices,
      gateBias,
      upBias,
      alpha,
      limit,
      nTokens,
      k,
      nExperts,
      out,
    ]);
    if (bad < 0) return;
    const slot = row * k + bad;
    throw expertIndexError(op.kind, intAt(op.indices, slot), slot, nExperts);
  };
}

export function expertsDown(op: ExpertsDown, context: PrepareContext): Runner {
  const { split, own, row, intAt } = context;
  const bias = addressOf(op.bias, context);
  const [h, indices, out] = [own(op.h).address, own(op.indices).address, own(op.out).address];
  const down = own(op.down).address;
  const [nExperts = 0, dModel = 0, dExpert = 0] = op.down.shape;
  const k = rowSize(op.indices);
  const panels = panelsOf(dModel);
  const {
    isInteger,
    weightNs,
    addressOf: rowsAt,
  } = productRows(context, h, dExpert, [own(op.down)]);
  return (nTokens) => {
    const ns = nTokens * k * dModel * dExpert * weightNs;
    const scratchBytes = expertBytes(nExperts, nTokens * k, dExpert, dModel);
    const bad = split("expertsDown", { total: panels, ns, scratchBytes }, [
      down,
      isInteger,
      rowsAt(nTokens * k),
      indices,
      bias,
      nTokens,
      k,
      nExperts,
      out,
    ]);
    if (bad < 0) return;
    const slot = row * k + bad;
    throw expertIndexError(op.kind, intAt(op.indices, slot), slot, nExperts);
  };
}

export function expertsCombine(op: ExpertsCombine, { split, own }: PrepareContext): Runner {
  const [experts, weights, out] = [
    own(op.experts).address,
    own(op.weights).address,
    own(op.out).address,
  ];
  const shared = op.shared ? own(op.shared).address : 0;
  const [k, dModel] = [rowSize(op.weights), rowSize(op.out)];
  return (nTokens) => {
    const work = { total: nTokens, ns: nTokens * k * dModel * MULTIPLY_ADD_NS };
    split("expertsCombine", work, [experts, weights, shared, k, dModel, out]);
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
function expertBytes(nExperts: number, slots: number, columns: number, rows: number): number {
  const sorted = pointerBytes * (nExperts + slots + 3 * blockSlots);
  const products = floatBytes * rows + blockSlots * floatBytes * 8 * panelsOf(rows);
  return sorted + products + panelSpaceBytes(slots, columns) + 64;
}
