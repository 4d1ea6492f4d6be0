import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import type { Dictionary } from "./dictionary.ts";
import { normalizeRows } from "./normalizeRows.ts";
import type { Products } from "./products.ts";
import type { EncoderParts } from "./someFeatures.ts";

/** Features of rows as a list for each, the largest first; among equals the lower id. */
export interface SparseFeatures {
  /** (P + 1) where each row's features begin. */
  readonly offsets: Int32Array;
  readonly ids: Int32Array;
  readonly values: Float64Array;
  /** (P) features that a row has, told or not. */
  readonly active: Int32Array;
  /** (P) what a decoded row is multiplied by, and what is added to it behind that. */
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export interface EncodeOptions {
  readonly products: Products;
  /** The largest features of a row that are told. */
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRows?: ((done: number) => void) | undefined;
}

/** Numbers of features that are dense at once. */
export const CHUNK_NUMBERS = 2 ** 20;

/**
 * The features of rows (P, dIn).
 * @throws AbortedError ERR_ABORTED between two chunks
 */
export async function encodeRows(
  dictionary: Dictionary,
  rows: Float64Array,
  { products, most, signal, onRows }: EncodeOptions,
): Promise<SparseFeatures> {
  const { dIn, nFeatures } = dictionary;
  const count = rows.length / dIn;
  const { entering, scale, shift } = encoderInput(dictionary, rows);
  const offsets = new Int32Array(count + 1);
  const active = new Int32Array(count);
  const ids: number[] = [];
  const values: number[] = [];
  const step = Math.max(1, Math.floor(CHUNK_NUMBERS / nFeatures));
  for (let first = 0; first < count; first += step) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const n = Math.min(step, count - first);
    const dense = await products(entering.subarray(first * dIn, (first + n) * dIn), n);
    for (let i = 0; i < n; i++) {
      const row = dense.subarray(i * nFeatures, (i + 1) * nFeatures);
      const found = activate(dictionary, row);
      active[first + i] = found.length;
      for (const id of largest(found, row, most)) {
        ids.push(id);
        values.push(row[id] as number);
      }
      offsets[first + i + 1] = ids.length;
    }
    onRows?.(first + n);
    await breathe();
  }
  const lists = { ids: Int32Array.from(ids), values: Float64Array.from(values) };
  return { offsets, active, scale, shift, ...lists };
}

/** Rows as the encoder multiplies them. */
export function encoderInput({ config, weights }: Dictionary, given: Float64Array) {
  const { rows, scale, shift } = normalizeRows(given, config.dIn, config.normalization);
  const { decoderBias } = weights;
  const entering = config.subtractsBias
    ? rows.map((x, i) => x - (decoderBias[i % config.dIn] as number))
    : rows;
  return { entering, scale, shift };
}

/** Turns what the encoder gives of one row (F) into activations, in place. @returns the ids of those above 0, ascending */
export function activate({ config, weights }: EncoderParts, row: Float64Array): number[] {
  const { encoderBias, threshold, magnitude, decoderNorms } = weights;
  const found: number[] = [];
  for (let f = 0; f < row.length; f++) {
    const product = row[f] as number;
    let value = product + (encoderBias[f] as number);
    const isShut = magnitude !== null && !(value > 0);
    if (magnitude !== null)
      value = product * (magnitude.factor[f] as number) + (magnitude.bias[f] as number);
    if (decoderNorms !== null) value *= decoderNorms[f] as number;
    const isOver = value > Math.max(0, threshold === null ? 0 : (threshold[f] as number));
    row[f] = isOver && !isShut ? value : 0;
    if (row[f] !== 0) found.push(f);
  }
  if (config.k === null || found.length <= config.k) return found;
  const kept = new Set(largest(found, row, config.k));
  for (const f of found) if (!kept.has(f)) row[f] = 0;
  return found.filter((f) => kept.has(f));
}

/** The ids of up to `most` largest values, largest first. */
function largest(ids: readonly number[], values: Float64Array, most: number): number[] {
  const order = ids.toSorted((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  return order.length > most ? order.slice(0, most) : order;
}
