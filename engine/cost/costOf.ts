import type { ModelSpec } from "../model/spec.ts";
import type {
  CostClass,
  CostQuantity,
  CostRecord,
  RoutingRecord,
  TokenCost,
} from "../trace/schema.ts";
import { cacheForms } from "./cacheForms.ts";
import type { ClassedOperator } from "./costedOperators.ts";
import { COST_QUANTITIES, CostTable, type Quantities, quantities } from "./costTable.ts";
import { kvElementsPerToken, mhaElementsPerToken } from "./kvCache.ts";
import { type CostedOperator, type OperatorCost, operatorCost } from "./operatorCost.ts";
import { countParameters } from "./parameters.ts";

/** A step of the draft module that served a step of the model. */
interface CostedDrafting {
  readonly start: number;
  readonly nTokens: number;
  readonly operators: readonly ClassedOperator[];
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
  readonly operators: readonly ClassedOperator[];
  /** Another run is charged with the step: here its tokens cost what drafting over them took, and nothing else. Default false. */
  readonly isShared?: boolean;
  /** So many of the step's last rows, rejected ones counted, went through the head. Default: all. */
  readonly headRows?: number;
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
  readonly decodeOperators: readonly ClassedOperator[];
  readonly cacheBytesPerElement: number;
}

/** Cost of everything a run did, token by token and class by class, from the shapes of what ran and the routes taken. */
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
  const served = input.chunks.map((chunk) =>
    servedTable(
      chunk,
      (layer) => touchedExperts(input.routing, layer, chunk),
      (layer, t) => chosenExperts(input.routing, layer, chunk, t),
    ),
  );
  const present = [...parameters.byClass.keys()];
  const byClass = Float64Array.from(served.flatMap((table) => [...table.of(present)]));
  return {
    tokens: input.chunks.flatMap((chunk, i) => tokenCosts(chunk, served[i])),
    classes: [...parameters.byClass].map(([costClass, count], i) => ({
      costClass,
      parameters: count,
      activeParameters: parameters.activeByClass.get(costClass) ?? 0,
      ...summed(byClass, i, present.length),
    })),
    byClass,
    sharedPrefixTokens: input.chunks.reduce((n, c) => n + (c.isShared ? c.nTokens : 0), 0),
    prefillMs: totalMs(input.chunks, "prefill"),
    decodeMs: totalMs(input.chunks, "decode"),
    nextDecode,
    kvCacheBytes: nTokens * perToken,
    kvBytesPerToken: perToken,
    kvBytesPerTokenMha: mhaElementsPerToken(input.spec) * input.cacheBytesPerElement,
    caches: cacheForms(input.spec, input.cacheBytesPerElement),
    totalParameters: parameters.total,
    activeParameters: parameters.active,
    draftParameters: parameters.drafts,
  };
}

/**
 * What the tokens that a step left in the sequence took. They share evenly what was spent on tokens that were rejected, and
 * on drafting; where the rows were computed for another run drafting is all.
 */
function servedTable(
  chunk: CostedChunk,
  nTouchedExperts: (moeLayer: number) => number,
  nChosenExperts: (moeLayer: number, token: number) => number,
): CostTable {
  const { nTokens, nRejected = 0, drafting = [] } = chunk;
  const all = { ...chunk, nTokens: nTokens + nRejected };
  const computed = chunk.isShared
    ? new CostTable(all.nTokens)
    : chunkTable(all, nTouchedExperts, nChosenExperts);
  const served = computed.slice(0, nTokens);
  served.addEvenly(computed.slice(nTokens, all.nTokens));
  for (const step of drafting) served.addEvenly(chunkTable(step, () => step.nTouchedExperts));
  return served;
}

/** One class over all tokens. @param byClass (T, nClasses, quantities) */
function summed(byClass: Float64Array, index: number, nClasses: number): Quantities {
  const nQuantities = COST_QUANTITIES.length;
  const sum = (quantity: CostQuantity): number => {
    let total = 0;
    const first = index * nQuantities + COST_QUANTITIES.indexOf(quantity);
    for (let i = first; i < byClass.length; i += nClasses * nQuantities) total += byClass[i] ?? 0;
    return total;
  };
  return quantities(sum);
}

/** The totals of a step's tokens, with their share of its time. */
function tokenCosts(
  chunk: Pick<CostedChunk, "phase" | "start" | "nTokens" | "isShared" | "durationMs" | "drafting">,
  table: CostTable = new CostTable(chunk.nTokens),
): TokenCost[] {
  const { phase, start, nTokens, durationMs, isShared, drafting = [] } = chunk;
  const draftingMs = drafting.reduce((sum, step) => sum + (step.durationMs ?? 0), 0);
  const stepMs = isShared ? 0 : durationMs;
  const share = stepMs === null ? null : (stepMs + draftingMs) / nTokens;
  return Array.from({ length: nTokens }, (_, token) => ({
    index: start + token,
    phase,
    ...table.totals(token),
    durationMs: share,
  }));
}

/** Costs of a step's tokens. @param nChosenExperts as in `chunkTable` */
export function chunkCost(
  chunk: CostedChunk,
  nTouchedExperts: (moeLayer: number) => number,
  nChosenExperts?: (moeLayer: number, token: number) => number,
): TokenCost[] {
  return tokenCosts(chunk, chunkTable(chunk, nTouchedExperts, nChosenExperts));
}

/**
 * What a step's tokens take, class by class. What the step does once (weights, cached rows, expanded keys) is shared out evenly;
 * attention and a single row of logits belong to the token they serve.
 * @param nChosenExperts of one token, from 0 at the step's first; absent: every token fills all places of its routes
 */
function chunkTable(
  chunk: StepShape,
  nTouchedExperts: (moeLayer: number) => number,
  nChosenExperts?: (moeLayer: number, token: number) => number,
): CostTable {
  const table = new CostTable(chunk.nTokens);
  const once = new CostTable(1);
  for (const { costClass, cost, flopsOf } of eachCost(chunk, nTouchedExperts, nChosenExperts)) {
    once.addEach(costClass, "flops", () => cost.flopsPerStep);
    once.addEach(costClass, "weightBytes", () => cost.weightBytes);
    once.addEach(costClass, "kvReadBytes", () => cost.kvReadBytes);
    once.addEach(costClass, "kvWriteBytes", () => cost.kvWriteBytes);
    table.addEach(costClass, "flops", flopsOf);
  }
  table.addEvenly(once);
  return table;
}

/** What the cost of a step's operators depends on. */
type StepShape = Pick<CostedChunk, "operators" | "start" | "nTokens" | "headRows">;

/** What an operator takes in a step. */
interface StepCost {
  readonly costClass: CostClass;
  readonly cost: OperatorCost;
  /** FLOPs of one token, from 0 at the step's first, without those of the step as a whole. */
  readonly flopsOf: (token: number) => number;
}

/** The costs of a step's operators, in their order. Parameters as of `chunkTable`. */
function eachCost(
  { operators: all, start, nTokens, headRows = nTokens }: StepShape,
  nTouchedExperts: (moeLayer: number) => number,
  nChosenExperts?: (moeLayer: number, token: number) => number,
): StepCost[] {
  let layer = -1;
  const operators = headRows > 0 ? all : all.filter(({ costClass }) => costClass !== "head");
  return operators.map(({ operator: op, costClass }) => {
    if (op.kind === "expertsUp") layer++;
    const moeLayer = layer;
    const isExperts = op.kind === "expertsUp" || op.kind === "expertsDown";
    const cost = operatorCost(op, { start, nTokens }, isExperts ? nTouchedExperts(moeLayer) : 0);
    const { flopsPerToken, flopsPerPair, flopsLastToken, window } = cost;
    const first = costClass === "head" ? nTokens - headRows : 0;
    const flopsOf = (token: number): number => {
      if (token < first) return 0;
      const nVisible = Math.min(start + token + 1, window ?? Number.POSITIVE_INFINITY);
      const share =
        isExperts && nChosenExperts !== undefined
          ? nChosenExperts(moeLayer, token) / nPlaces(op)
          : 1;
      const last = token === nTokens - 1 ? flopsLastToken : 0;
      return flopsPerToken * share + flopsPerPair * nVisible + last;
    };
    return { costClass, cost, flopsOf };
  });
}

/**
 * What each operator of a step took over all of its tokens, rejected ones too, in the order of the operators.
 * @param routing of all tokens of the run; null for a dense model
 */
export function operatorWork(chunk: CostedChunk, routing: RoutingRecord | null): Quantities[] {
  const all = { ...chunk, nTokens: chunk.nTokens + (chunk.nRejected ?? 0) };
  const costs = eachCost(
    all,
    (layer) => touchedExperts(routing, layer, chunk),
    (layer, token) => chosenExperts(routing, layer, chunk, token),
  );
  return costs.map(({ cost, flopsOf }) => {
    let flops = cost.flopsPerStep;
    for (let token = 0; token < all.nTokens; token++) flops += flopsOf(token);
    const { weightBytes, kvReadBytes, kvWriteBytes } = cost;
    return { flops, weightBytes, kvReadBytes, kvWriteBytes };
  });
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
