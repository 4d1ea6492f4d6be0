import type { ModelSpec } from "../model/spec.ts";
import type { CostRecord, RoutingRecord, TokenCost } from "../trace/schema.ts";
import { kvElementsPerToken, mhaElementsPerToken } from "./kvCache.ts";
import { type CostedOperator, operatorCost } from "./operatorCost.ts";
import { countParameters } from "./parameters.ts";

/** One step as it was executed: T tokens that went through the operators together. */
export interface CostedChunk {
  readonly phase: "prefill" | "decode";
  /** Position of its first token; the chunks of a run are ascending and leave no gap. */
  readonly start: number;
  readonly nTokens: number;
  /** The operators that ran, in order, captures left out. The n-th expert layer among them is routing.layers[n]. */
  readonly operators: readonly CostedOperator[];
  /** Measured wall time of the step; null where nothing was timed. */
  readonly durationMs: number | null;
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
      chunkCost(chunk, (layer) => touchedExperts(input.routing, layer, chunk)),
    ),
    prefillMs: totalMs(input.chunks, "prefill"),
    decodeMs: totalMs(input.chunks, "decode"),
    nextDecode,
    kvCacheBytes: nTokens * perToken,
    kvBytesPerToken: perToken,
    kvBytesPerTokenMha: mhaElementsPerToken(input.spec) * input.cacheBytesPerElement,
    totalParameters: parameters.total,
    activeParameters: parameters.active,
  };
}

/**
 * Costs of a step's tokens. What the step does once (weights, cached rows, expanded keys) is shared out evenly; attention
 * and a single row of logits belong to the token they serve.
 */
export function chunkCost(
  chunk: CostedChunk,
  nTouchedExperts: (moeLayer: number) => number,
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
      flops[t] = (flops[t] ?? 0) + cost.flopsPerToken + cost.flopsPerPair * nVisible;
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
  chunk: { readonly start: number; readonly nTokens: number },
): number {
  if (!routing || moeLayer >= routing.layers.length)
    throw new RangeError(
      `costOf: expected routes for expert layer number ${moeLayer}, got ${routing?.layers.length ?? 0} layers. Pass the run's routing record.`,
    );
  const k = routing.nExpertsPerToken;
  const first = (moeLayer * routing.nTokens + chunk.start) * k;
  return new Set(routing.indices.subarray(first, first + chunk.nTokens * k)).size;
}

/** k of the n-th MoE layer: one token touches exactly that many. */
function chosenPerToken(spec: ModelSpec, moeLayer: number): number {
  const layer = spec.layers.filter((l) => l.kind === "moe")[moeLayer];
  return layer?.nExpertsPerToken ?? 0;
}

function totalMs(chunks: readonly CostedChunk[], phase: CostedChunk["phase"]): number | null {
  const times = chunks.filter((c) => c.phase === phase).map((c) => c.durationMs);
  if (times.length === 0 || times.includes(null)) return null;
  return times.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
}
