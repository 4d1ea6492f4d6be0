import { rowSize } from "../../checkOperator.ts";
import { expertIndexError } from "../../indexErrors.ts";
import type { ExpertsCombine, ExpertsDown, ExpertsUp, Route } from "../../operators.ts";
import {
  addressOf,
  flag,
  floatBytes,
  formatOf,
  isBf16,
  type PrepareContext,
  pointerBytes,
  productBytes,
  type Runner,
} from "./prepareContext.ts";

export function route(op: Route, context: PrepareContext): Runner {
  const { kernels, scratch, own } = context;
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
  return (nTokens) =>
    kernels.route(
      sigmoid,
      logits,
      bias,
      biasBf16,
      adjust,
      map,
      counts,
      nTokens,
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
      scratch.reserve((floatBytes + 1) * nExperts),
    );
}

export function expertsUp(op: ExpertsUp, context: PrepareContext): Runner {
  const { kernels, scratch, own, row, intAt } = context;
  const [x, indices, out] = [own(op.x).address, own(op.indices).address, own(op.out).address];
  const [gate, up] = [own(op.gate).address, own(op.up).address];
  const [gateFormat, upFormat] = [formatOf(op.gate, context), formatOf(op.up, context)];
  const [gateBias, upBias] = [addressOf(op.gateBias, context), addressOf(op.upBias, context)];
  const [gateBiasBf16, upBiasBf16] = [isBf16(op.gateBias), isBf16(op.upBias)];
  const { alpha, limit } = op.activation.kind === "clamped" ? op.activation : NO_LIMIT;
  const [nExperts = 0, dExpert = 0, dModel = 0] = op.gate.shape;
  const k = rowSize(op.indices);
  return (nTokens) => {
    const slots = nTokens * k;
    const sizeBytes = sortBytes(nExperts, slots) + productBytes(slots, dModel);
    const bad = kernels.expertsUp(
      gateFormat,
      upFormat,
      x,
      indices,
      gate,
      up,
      gateBias,
      gateBiasBf16,
      upBias,
      upBiasBf16,
      alpha,
      limit,
      nTokens,
      k,
      nExperts,
      dModel,
      dExpert,
      out,
      scratch.reserve(sizeBytes + floatBytes * slots * dExpert),
    );
    if (bad < 0) return;
    const slot = row * k + bad;
    throw expertIndexError(op.kind, intAt(op.indices, slot), slot, nExperts);
  };
}

export function expertsDown(op: ExpertsDown, context: PrepareContext): Runner {
  const { kernels, scratch, own, row, intAt } = context;
  const [bias, biasBf16] = [addressOf(op.bias, context), isBf16(op.bias)];
  const [h, indices, out] = [own(op.h).address, own(op.indices).address, own(op.out).address];
  const down = own(op.down).address;
  const format = formatOf(op.down, context);
  const [nExperts = 0, dModel = 0, dExpert = 0] = op.down.shape;
  const k = rowSize(op.indices);
  return (nTokens) => {
    const slots = nTokens * k;
    const bad = kernels.expertsDown(
      format,
      h,
      indices,
      down,
      bias,
      biasBf16,
      nTokens,
      k,
      nExperts,
      dModel,
      dExpert,
      out,
      scratch.reserve(sortBytes(nExperts, slots) + productBytes(slots, dExpert)),
    );
    if (bad < 0) return;
    const slot = row * k + bad;
    throw expertIndexError(op.kind, intAt(op.indices, slot), slot, nExperts);
  };
}

export function expertsCombine(op: ExpertsCombine, { kernels, own }: PrepareContext): Runner {
  const [experts, weights, out] = [
    own(op.experts).address,
    own(op.weights).address,
    own(op.out).address,
  ];
  const shared = op.shared ? own(op.shared).address : 0;
  const [k, dModel] = [rowSize(op.weights), rowSize(op.out)];
  return (nTokens) => kernels.expertsCombine(experts, weights, shared, nTokens, k, dModel, out);
}

/** What the kernel takes for SiLU. */
const NO_LIMIT = { alpha: 0, limit: 0 };

function sortBytes(nExperts: number, slots: number): number {
  return pointerBytes * (nExperts + slots);
}
