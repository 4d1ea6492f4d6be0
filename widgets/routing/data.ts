import type { RoutingRecord, RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";
import { expertLoad } from "./expertCounts.ts";

const MOST_BLOCK_TOKENS = 256;
const MOST_BLOCK_BYTES = 2 ** 20;

/** Routes travel in blocks of so many tokens, at most 1 MB; the first comes with the state. */
export function blockTokens(nLayers: number, k: number): number {
  const bytesPerToken = 4 * Math.max(1, nLayers) * (2 * k + 1);
  return Math.max(1, Math.min(MOST_BLOCK_TOKENS, Math.floor(MOST_BLOCK_BYTES / bytesPerToken)));
}

/** A text of which a page can ask: the run itself first, then the one it is compared with, then those of the corpus. */
export interface RoutingSourceState {
  readonly label: string;
  readonly role: "run" | "compare" | "corpus";
  readonly nTokens: number;
}

/** Synced with the page: small, JSON plus buffers. */
export interface RoutingState {
  readonly runId: string;
  readonly subtitle: string;
  readonly tokenTexts: readonly string[];
  /** Why there is nothing to draw, in a sentence; empty where there is. */
  readonly refusal: string;
  /** Model layers with routed experts. */
  readonly layers: readonly number[];
  readonly nExperts: number;
  readonly nExpertsPerToken: number;
  readonly sources: readonly RoutingSourceState[];
  /** Routes of the first tokens: see `routeBlock`. */
  readonly block: ArrayBufferView | ArrayBuffer;
  /** Of the compared run, in its order; empty where there is none. */
  readonly comparedTexts: readonly string[];
  /** (T) i32: which token of the compared run each one is, -1: none (`alignTokens`); empty where there is no such run. */
  readonly partners: ArrayBufferView | ArrayBuffer;
  /** Tokens sent to each expert, (layers, E) f32 counts over the whole run. */
  readonly load: ArrayBufferView | ArrayBuffer;
}

/** A block of routes as the page holds it. */
export interface RouteBlock {
  readonly start: number;
  readonly nTokens: number;
  readonly indices: Int32Array; // (layers, n, k)
  readonly weights: Float32Array; // (layers, n, k)
  readonly entropyBits: Float32Array; // (layers, n)
}

/** Tokens [start, start + nTokens) of a record, packed as i32 indices | f32 weights | f32 entropies. */
export function packBlock(record: RoutingRecord, start: number): Uint8Array {
  const nLayers = record.layers.length;
  const k = record.nExpertsPerToken;
  const n = Math.min(blockTokens(nLayers, k), record.nTokens - start);
  const buffer = new ArrayBuffer(4 * nLayers * n * (2 * k + 1));
  const block = unpackBlock(buffer, start, nLayers, k);
  for (let layer = 0; layer < nLayers; layer++) {
    const from = (layer * record.nTokens + start) * k;
    block.indices.set(record.indices.subarray(from, from + n * k), layer * n * k);
    block.weights.set(record.weights.subarray(from, from + n * k), layer * n * k);
    const row = layer * record.nTokens + start;
    block.entropyBits.set(record.entropyBits.subarray(row, row + n), layer * n);
  }
  return new Uint8Array(buffer);
}

export function unpackBlock(
  buffer: ArrayBuffer,
  start: number,
  nLayers: number,
  k: number,
): RouteBlock {
  const nTokens = buffer.byteLength / (4 * nLayers * (2 * k + 1));
  const routes = nLayers * nTokens * k;
  return {
    start,
    nTokens,
    indices: new Int32Array(buffer, 0, routes),
    weights: new Float32Array(buffer, 4 * routes, routes),
    entropyBits: new Float32Array(buffer, 8 * routes, nLayers * nTokens),
  };
}

export interface Route {
  readonly experts: readonly number[]; // descending weight
  readonly weights: readonly number[];
  readonly entropyBits: number;
}

/** The route of one token in the n-th MoE layer, or null outside the block. */
export function routeOf(block: RouteBlock, k: number, layer: number, token: number): Route | null {
  const t = token - block.start;
  if (t < 0 || t >= block.nTokens) return null;
  const from = (layer * block.nTokens + t) * k;
  const experts = Array.from(block.indices.subarray(from, from + k)).filter((id) => id >= 0);
  return {
    experts,
    weights: Array.from(block.weights.subarray(from, from + experts.length)),
    entropyBits: block.entropyBits[layer * block.nTokens + t] ?? Number.NaN,
  };
}

const mean = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over MoE layers of one token's router entropy, bits. */
export function meanEntropyBits(
  block: Pick<RouteBlock, "entropyBits" | "nTokens" | "start">,
  nLayers: number,
  token: number,
): number {
  let sum = 0;
  for (let layer = 0; layer < nLayers; layer++)
    sum += block.entropyBits[layer * block.nTokens + token - block.start] ?? Number.NaN;
  return sum / nLayers;
}

/** Tokens each expert would get if all were chosen alike. */
export function uniformLoad(nTokens: number, k: number, nExperts: number): number {
  return (nTokens * k) / nExperts;
}

export function refusalOf(record: RunRecord): string {
  const { model } = record;
  return model.moeLayers.length > 0
    ? ""
    : `${model.name} (${model.architecture}) is a dense model: its ${model.nLayers} layers have no routed experts, so there are no routes to show. Every token passes through the same weights.`;
}

/** A few lines for a page that shows text alone. */
export function routingText(record: RunRecord, routing: RoutingRecord | null): string {
  if (!routing) return refusalOf(record);
  const load = expertLoad(routing);
  const lines = routing.layers.map((layer, i) => {
    const row = load.subarray(i * routing.nExperts, (i + 1) * routing.nExperts);
    const entropy = routing.entropyBits.subarray(i * routing.nTokens, (i + 1) * routing.nTokens);
    const busiest = row.indexOf(Math.max(...row));
    const nRoutes = row.reduce((a, b) => a + b, 0);
    const uniform = nRoutes / routing.nExperts;
    return `layer ${layer}: busiest expert ${busiest} with ${row[busiest]} of ${nRoutes} routes (uniform ${uniform.toPrecision(3)}), router entropy ${mean(entropy).toFixed(2)} bits on average`;
  });
  return `Routing of ${runName(record)}: ${routing.nTokens} tokens, top ${routing.nExpertsPerToken} of ${routing.nExperts} experts in ${routing.layers.length} layers\n${lines.join("\n")}`;
}
