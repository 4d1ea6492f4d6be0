import type { DroppedMassRecord, LengthCostRecord, RunRecord } from "../../engine/trace/schema.ts";
import { exactF32, flopCount, percent } from "../render/formatNumber.ts";
import { runName } from "../render/runSource.ts";

/** What the cells of the picture are: whether a key was kept, the indexer's score, or the weight without the selection. */
export const KINDS = ["kept", "scores", "weights"] as const;
export type Kind = (typeof KINDS)[number];

export interface SparseLayer {
  readonly layer: number;
  /** Keys that a query keeps at most. */
  readonly topK: number;
  readonly nHeads: number;
}

/** Synced with the page: small. Numbers of keys are asked for. */
export interface SparseState {
  readonly runId: string;
  readonly subtitle: string;
  readonly tokenTexts: readonly string[];
  /** Layers with sparse attention; none where there is nothing to draw. */
  readonly layers: readonly SparseLayer[];
  /** Why there is nothing to draw, in a sentence; empty where there is. */
  readonly refusal: string;
  /** Null where there is nothing to draw. */
  readonly lengths: LengthCostRecord | null;
}

/** What a row of the picture needs of its query, exact. Keys from 0 to the query. */
export interface QueryRow {
  /** Is 1 where the key was kept. */
  readonly kept: Float32Array;
  readonly scores: Float32Array;
  /** Weights of one head if no key had been left out. */
  readonly weights: Float32Array;
}

/** A query's dropped mass: of one head, and over heads. */
export interface MassRows {
  /** (T) of the head. */
  readonly head: Float32Array;
  /** (T) mean over heads. */
  readonly mean: Float32Array;
  /** (T) keys kept. */
  readonly kept: Int32Array;
}

/** Layers with an indexer. @param attentions as `model.spec` has them */
export function sparseLayers(
  attentions: readonly {
    readonly kind: string;
    readonly nHeads: number;
    readonly indexer?: { readonly topK: number } | null;
  }[],
): SparseLayer[] {
  return attentions.flatMap(({ nHeads, indexer }, layer) =>
    indexer === undefined || indexer === null ? [] : [{ layer, topK: indexer.topK, nHeads }],
  );
}

/** (n, T) 1 where a query kept the key, 0 where it did not, NaN where it may not see it. @param first the first query's position */
export function keptCells(
  indices: ArrayLike<number>,
  topK: number,
  first: number,
  n: number,
  nKeys: number,
): Float32Array {
  const cells = new Float32Array(n * nKeys).fill(Number.NaN);
  for (let r = 0; r < n; r++) {
    cells.fill(0, r * nKeys, r * nKeys + Math.min(nKeys, first + r + 1));
    for (let i = 0; i < topK; i++) {
      const key = indices[r * topK + i] ?? -1;
      if (key >= 0) cells[r * nKeys + key] = 1;
    }
  }
  return cells;
}

/** The weights, below zero where the key was dropped, NaN where the query may not see it: one number says how much, and of which. */
export function signedWeights(weights: Float32Array, kept: Float32Array): Float32Array {
  return weights.map((weight, i) => {
    const isKept = kept[i] ?? Number.NaN;
    return Number.isNaN(isKept) ? Number.NaN : isKept > 0 ? weight : -weight;
  });
}

/** A head's row of the record, the mean over heads, and keys kept. */
export function massRows(
  { mass, kept, nTokens, nHeads }: DroppedMassRecord,
  head: number,
): MassRows {
  const mean = new Float32Array(nTokens);
  for (let t = 0; t < nTokens; t++) {
    let sum = 0;
    for (let h = 0; h < nHeads; h++) sum += mass[h * nTokens + t] ?? 0;
    mean[t] = sum / nHeads;
  }
  return { head: mass.slice(head * nTokens, (head + 1) * nTokens), mean, kept };
}

/** How many keys of the row have a higher score, plus one. */
export function rankOf(scores: Float32Array, key: number): number {
  const own = scores[key] ?? Number.NaN;
  let rank = 1;
  scores.forEach((score, other) => {
    if (score > own || (score === own && other < key)) rank += 1;
  });
  return rank;
}

/** The mean of all heads and queries that left a key out; null where none did. */
export function meanDropped(record: DroppedMassRecord): number | null {
  let [sum, n] = [0, 0];
  for (let t = 0; t < record.nTokens; t++) {
    if (record.kept[t] === t + 1) continue;
    n += record.nHeads;
    for (let h = 0; h < record.nHeads; h++) sum += record.mass[h * record.nTokens + t] ?? 0;
  }
  return n === 0 ? null : sum / n;
}

export function refusalOf(
  { model }: Pick<RunRecord, "model">,
  layers: readonly SparseLayer[],
): string {
  return layers.length > 0
    ? ""
    : `${model.name} (${model.architecture}) has no sparse attention: every query of its ${model.nLayers} layers sees all keys before it, so nothing is dropped. attention(run) draws what they see.`;
}

/** "layer 1: at most 6 keys of a query; 12.3 % of the attention dropped where keys were" */
export function layerText({ topK }: SparseLayer, record: DroppedMassRecord): string {
  const dropped = meanDropped(record);
  const most = `layer ${record.layer}: at most ${topK} keys a query`;
  return dropped === null
    ? `${most}; no query has more, so nothing is dropped`
    : `${most}; ${percent(dropped)} of the attention dropped, the mean of heads and of queries with more keys (recomputed)`;
}

/** The longest length, and how many times as many FLOPs the model without its indexer would take there. */
export function lengthText({ lengths, denseLengths }: LengthCostRecord): string {
  const [own, dense] = [lengths.at(-1), denseLengths?.at(-1)];
  if (own === undefined || dense === undefined) return "";
  const times = (a: number, b: number): string => Number((a / b).toPrecision(3)).toString();
  return `A token at ${own.context} positions: ${flopCount(own.flops)}, dense attention ${times(dense.flops, own.flops)} times as many; cache read: ${times(dense.kvReadBytes, own.kvReadBytes)} times as much (computed)`;
}

/** A few lines for a page that shows text alone. */
export function sparseText(
  record: RunRecord,
  { layers, lengths }: Pick<SparseState, "layers" | "lengths">,
  first: DroppedMassRecord | null,
): string {
  const [layer] = layers;
  if (layer === undefined || first === null) return refusalOf(record, layers);
  return [
    `Sparse attention of ${runName(record)}, ${record.tokens.length} tokens, ${layers.length} layers`,
    layerText(layer, first),
    ...(lengths === null ? [] : [lengthText(lengths)]),
  ].join("\n");
}

/** Every digit, or what stands for a number that is not there. */
export function numberText(value: number | undefined): string {
  return value === undefined ? "reading…" : exactF32(value);
}
