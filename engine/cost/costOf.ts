import type { ModelSpec } from "../model/spec.ts";
import type { CostRecord, RoutingRecord, TokenCost } from "../trace/schema.ts";
import { kvElementsPerToken, mhaElementsPerToken } from "./kvCache.ts";
import { type CostedOperator, operatorCost } from "./operatorCost.ts";
import { countParameters } from "./parameters.ts";

/** A step of the draft module that served a step of the model. */
interface CostedDrafting {
  readonly start: number;
  readonly nTokens: number;
  readonly operators: readonly CostedOperator[];
  /** Distinct experts that its tokens were sent to. */
  readonly nTouchedExperts: number;
  readonly durationMs: number | null;
}

/** One step as it was executed: T tokens that went through the operators together. */
export interface CostedChunk {
  readonly phase: "prefill" | "decode";
  /** Position of its first token; the chunks of a run are ascending and leave no gap. */
  readonly start: number;
  readonly nTokens: number;
  /** The operators that ran, in order, captures left out. The n-th expert layer among them is routing.layers[n]. */
  readonly operators: readonly CostedOperator[];
  /** Another run is charged with the step: here its tokens cost nothing. Default false. */
  readonly isShared?: boolean;
  /** Measured wall time of the step; null where nothing was timed. */
  readonly durationMs: number | null;
  /** Tokens behind those that the step computed and that were then rejected; default 0. */
  readonly nRejected?: number;
  /** (nRejected, MoE layers, k) experts they were sent to. */
  readonly rejectedRoutes?: Int32Array;
  readonly drafting?: readonly CostedDrafting[];
}

export interface CostInput {
  readonly spec: ModelSpec;
  readonly chunks: readonly CostedChunk[];
  /** Routes of all tokens of the chunks; null for a dense model. */
  readonly routing: RoutingRecord | null;
  /** The program of one decoded token, for `nextDecode`. */
  readonly decodeOperators: readonly CostedOperator[];
  readonly cacheBytesPerElement: number;
}

/** Cost of everything a run did, token by token, from the shapes of what ran and the routes taken. */
export function costOf(input: CostInput): CostRecord {
  const nTokens = input.chunks.reduce((n, chunk) => n + chunk.nTokens, 0);
  const perToken = kvElementsPerToken(input.spec) * input.cacheBytesPerElement;
  const parameters = countParameters(input.spec);
  const [nextDecode] = chunkCost(
    {
      phase: "decode",
      start: nTokens,
      nTokens: 1,
      operators: input.decodeOperators,
      durationMs: null,
    },
    (layer) => chosenPerToken(input.spec, layer),
  );
  if (!nextDecode) throw new RangeError("costOf: a step of one token has one cost");
  return {
    tokens: input.chunks.flatMap((chunk) =>
      servedCost(
        chunk,
        (layer) => touchedExperts(input.routing, layer, chunk),
        (layer, t) => chosenExperts(input.routing, layer, chunk, t),
      ),
    ),
    sharedPrefixTokens: input.chunks.reduce((n, c) => n + (c.isShared ? c.nTokens : 0), 0),
    prefillMs: totalMs(input.chunks, "prefill"),
    decodeMs: totalMs(input.chunks, "decode"),
    nextDecode,
    kvCacheBytes: nTokens * perToken,
    kvBytesPerToken: perToken,
    kvBytesPerTokenMha: mhaElementsPerToken(input.spec) * input.cacheBytesPerElement,
    totalParameters: parameters.total,
    activeParameters: parameters.active,
    draftParameters: parameters.drafts,
  };
}

/**
 * Costs of the tokens that a step left in the sequence. They share evenly what was spent on tokens that were rejected, and
 * on drafting.
 */
function servedCost(
  chunk: CostedChunk,
  nTouchedExperts: (moeLayer: number) => number,
  nChosenExperts: (moeLayer: number, token: number) => number,
): TokenCost[] {
  const { nTokens, nRejected = 0, drafting = [], phase } = chunk;
  if (chunk.isShared) return freeTokens(chunk);
  const all = { ...chunk, nTokens: nTokens + nRejected };
  const computed = chunkCost(all, nTouchedExperts, nChosenExperts);
  const drafted = drafting.flatMap((step) =>
    chunkCost({ ...step, phase }, () => step.nTouchedExperts),
  );
  const further = [...computed.slice(nTokens), ...drafted];
  const share = (field: "flops" | "weightBytes" | "kvReadBytes" | "kvWriteBytes") =>
    further.reduce((sum, cost) => sum + cost[field], 0) / nTokens;
  const [flops, weightBytes] = [share("flops"), share("weightBytes")];
  const [kvReadBytes, kvWriteBytes] = [share("kvReadBytes"), share("kvWriteBytes")];
  const furtherMs = further.reduce((sum, cost) => sum + (cost.durationMs ?? 0), 0) / nTokens;
  return computed.slice(0, nTokens).map((cost) => ({
    ...cost,
    flops: cost.flops + flops,
    weightBytes: cost.weightBytes + weightBytes,
    kvReadBytes: cost.kvReadBytes + kvReadBytes,
    kvWriteBytes: cost.kvWriteBytes + kvWriteBytes,
    durationMs: cost.durationMs === null ? null : cost.durationMs + furtherMs,
  }));
}

/** Costs of tokens whose rows were computed for another run. */
function freeTokens({ start, nTokens, phase }: CostedChunk): TokenCost[] {
  const nothing = { flops: 0, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0, durationMs: 0 };
  return Array.from({ length: nTokens }, (_, t) => ({ index: start + t, phase, ...nothing }));
}

/**
 * Costs of a step's tokens. What the step does once (weights, cached rows, expanded keys) is shared out evenly; attention
 * and a single row of logits belong to the token they serve.
 * @param nChosenExperts of one token, from 0 at the step's first; absent: every token fills all places of its routes
 */
export function chunkCost(
  chunk: CostedChunk,
  nTouchedExperts: (moeLayer: number) => number,
  nChosenExperts?: (moeLayer: number, token: number) => number,
): TokenCost[] {
  const flops = new Float64Array(chunk.nTokens);
  let flopsShared = 0;
  let weightBytes = 0;
  let kvReadBytes = 0;
  let kvWriteBytes = 0;
  let moeLayer = -1;
  for (const op of chunk.operators) {
    if (op.kind === "expertsUp") moeLayer++;
    const isExperts = op.kind === "expertsUp" || op.kind === "expertsDown";
    const cost = operatorCost(op, chunk, isExperts ? nTouchedExperts(moeLayer) : 0);
    weightBytes += cost.weightBytes;
    kvReadBytes += cost.kvReadBytes;
    kvWriteBytes += cost.kvWriteBytes;
    flopsShared += cost.flopsPerStep;
    for (let t = 0; t < chunk.nTokens; t++) {
      const nVisible = Math.min(chunk.start + t + 1, cost.window ?? Number.POSITIVE_INFINITY);
      const own =
        isExperts && nChosenExperts !== undefined
          ? (cost.flopsPerToken * nChosenExperts(moeLayer, t)) / nPlaces(op)
          : cost.flopsPerToken;
      flops[t] = (flops[t] ?? 0) + own + cost.flopsPerPair * nVisible;
    }
    const last = chunk.nTokens - 1;
    flops[last] = (flops[last] ?? 0) + cost.flopsLastToken;
  }
  return Array.from(flops, (own, t) => ({
    index: chunk.start + t,
    phase: chunk.phase,
    flops: own + flopsShared / chunk.nTokens,
    weightBytes: weightBytes / chunk.nTokens,
    kvReadBytes: kvReadBytes / chunk.nTokens,
    kvWriteBytes: kvWriteBytes / chunk.nTokens,
    durationMs: chunk.durationMs === null ? null : chunk.durationMs / chunk.nTokens,
  }));
}

/** Distinct experts that the chunk's tokens were sent to in one MoE layer: the expert weights a step must read. */
export function touchedExperts(
  routing: RoutingRecord | null,
  moeLayer: number,
  chunk: Pick<CostedChunk, "start" | "nTokens" | "rejectedRoutes">,
): number {
  if (!routing || moeLayer >= routing.layers.length)
    throw new RangeError(
      `costOf: expected routes for expert layer number ${moeLayer}, got ${routing?.layers.length ?? 0} layers. Pass the run's routing record.`,
    );
  const k = routing.nExpertsPerToken;
  const first = (moeLayer * routing.nTokens + chunk.start) * k;
  const touched = new Set(routing.indices.subarray(first, first + chunk.nTokens * k));
  const rejected = chunk.rejectedRoutes ?? new Int32Array(0);
  for (let i = moeLayer * k; i < rejected.length; i += routing.layers.length * k)
    for (const expert of rejected.subarray(i, i + k)) touched.add(expert);
  touched.delete(-1);
  return touched.size;
}

/** Experts that one token of a step, rejected ones counted on, was sent to in a MoE layer: fewer than its places where edits say so. */
function chosenExperts(
  routing: RoutingRecord | null,
  moeLayer: number,
  { start, nTokens, rejectedRoutes }: CostedChunk,
  token: number,
): number {
  const k = routing?.nExpertsPerToken ?? 0;
  const nLayers = routing?.layers.length ?? 0;
  const rejected = token - nTokens;
  const routes =
    rejected < 0
      ? routing?.indices.subarray((moeLayer * routing.nTokens + start + token) * k)
      : rejectedRoutes?.subarray((rejected * nLayers + moeLayer) * k);
  return routes?.subarray(0, k).reduce((count, expert) => count + (expert < 0 ? 0 : 1), 0) ?? 0;
}

/** k: places that each token's route has. */
function nPlaces(op: CostedOperator): number {
  return "indices" in op ? (op.indices.shape.at(-1) ?? 1) : 1;
}

/** k of the n-th MoE layer: one token touches exactly that many. */
function chosenPerToken(spec: ModelSpec, moeLayer: number): number {
  const moe = spec.layers.flatMap(({ feedForward }) =>
    feedForward.kind === "moe" ? [feedForward] : [],
  );
  return moe[moeLayer]?.nExpertsPerToken ?? 0;
}

function totalMs(chunks: readonly CostedChunk[], phase: CostedChunk["phase"]): number | null {
  const times = chunks
    .filter((c) => c.phase === phase)
    .flatMap((c) => [c.durationMs, ...(c.drafting ?? []).map((step) => step.durationMs)]);
  if (times.length === 0 || times.includes(null)) return null;
  return times.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
}
