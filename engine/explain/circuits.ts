import { rotateRow } from "../backend/reference/operators/rope.ts";
import { breathe } from "../base/breathe.ts";
import { checkCount, checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { layerOf, ropeOf } from "../model/layerOf.ts";
import { ropeTables } from "../model/rope.ts";
import type { ModelSpec } from "../model/spec.ts";
import { dot } from "../tensor/dot.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkToken } from "./explainable.ts";
import { type HeadMaps, headMaps } from "./headMaps.ts";
import { type Matrix, normalised, times } from "./matrices.ts";
import { TopValues } from "./topValues.ts";
import type { WeightSource } from "./weightSource.ts";

/** What is told of a head's circuits beside their factors. */
export interface CircuitsOptions {
  /** Tokens between which entries are looked for; default: none, factors alone. */
  readonly tokens?: readonly number[];
  /** Largest and smallest entries of each circuit; default 10. */
  readonly top?: number;
  /** How many positions the key lies before the query, for rotary positions; default 0, the query's own. */
  readonly distance?: number;
  /** Checked between rows of a circuit over tokens, of which one is held at a time. */
  readonly signal?: AbortSignal;
}

/** A place in the matrix of a circuit over tokens. */
export interface CircuitEntry {
  /** Of QK the token that attends, of OV the token that is attended to. */
  readonly from: number;
  /** Of QK the token that is attended to, of OV the token whose logit it adds to. */
  readonly to: number;
  readonly value: number;
}

/** Entries of a circuit over the tokens asked for. */
export interface CircuitEntries {
  readonly largest: readonly CircuitEntry[]; // descending
  readonly smallest: readonly CircuitEntry[]; // ascending
}

/**
 * A head's two circuits as factors of rank D: QK is query^T key, scaled, and OV is output value. Each reads what the layer reads, after
 * its norm.
 */
export interface Circuits {
  readonly layer: number;
  readonly head: number;
  /** Of scores: 1/sqrt(D) and what the model multiplies it by. */
  readonly scale: number;
  readonly query: Tensor<Float64Array>; // (D, M)
  readonly key: Tensor<Float64Array>; // (D, M)
  readonly value: Tensor<Float64Array>; // (V, M)
  readonly output: Tensor<Float64Array>; // (M, V)
  /** Factors behind which a norm stands: they are up to its scale, which is another for each token. */
  readonly scaledPerToken: readonly ("query" | "key" | "value")[];
  /** Scores, as of tokens whose residual is their embedding alone; null without tokens. */
  readonly qk: CircuitEntries | null;
  /** Logits that attending with weight 1 adds, up to the final norm's scale; null without tokens. */
  readonly ov: CircuitEntries | null;
}

const CIRCUITS_OPTIONS: OptionNames<CircuitsOptions> = {
  tokens: true,
  top: true,
  distance: true,
  signal: true,
};

/**
 * What a head attends to and what it writes, read from its weights: the QK and OV circuits as factors, never as V x V. With `tokens` their
 * largest entries between these, for residuals that are embeddings alone: exact for QK of the first layer of a model with rotary positions.
 * @param model what `loadModel` gives
 * @see https://transformer-circuits.pub/2021/framework
 * @throws InputError ERR_OPTION, ERR_SELECTION, ERR_TOKEN_ID; AbortedError ERR_ABORTED; BackendError ERR_DISPOSED
 */
export async function circuits(
  model: WeightSource,
  layer: number,
  head: number,
  options: CircuitsOptions = {},
): Promise<Circuits> {
  checkOptions("circuits", options, CIRCUITS_OPTIONS);
  checkSignals("circuits", options);
  const { spec } = model;
  const { tokens, distance = 0 } = options;
  const top = checkCount("circuits top", options.top ?? 10);
  checkIndex("layer", layer, spec.nLayers);
  const { attention } = layerOf(spec, layer);
  checkIndex("head", head, attention.nHeads);
  checkIndex("distance", distance, spec.contextLength);
  for (const token of tokens ?? []) checkToken("circuits tokens", token, spec.nVocab);
  const maps = await headMaps(model, layer, head);
  const isMla = attention.kind === "mla";
  const queryNormed = isMla ? attention.qLoraRank !== null : attention.queryKeyNorm !== null;
  const keyNormed = isMla || attention.queryKeyNorm !== null;
  const vectors = tokens && (await embedded(model, layer, tokens));
  const signal = withHostSignal(options.signal);
  return {
    ...{ layer, head, scale: attention.scale },
    query: maps.query.factor,
    key: maps.key.factor,
    value: maps.value.factor,
    output: maps.output,
    scaledPerToken: [
      ...(queryNormed ? (["query"] as const) : []),
      ...(keyNormed ? (["key"] as const) : []),
      ...(isMla ? (["value"] as const) : []),
    ],
    qk:
      tokens && vectors
        ? await extremes(tokens, scores(spec, layer, maps, vectors, distance), top, signal)
        : null,
    ov:
      tokens && vectors
        ? await extremes(tokens, await writes(model, maps, tokens, vectors), top, signal)
        : null,
  };
}

/** @throws InputError ERR_SELECTION */
function checkIndex(what: string, index: number, size: number): void {
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new InputError(
    "ERR_SELECTION",
    `circuits: expected a ${what} from 0 to ${size - 1}, got ${index}. Choose one that exists.`,
  );
}

/** What the layer would read of tokens whose residual is their embedding: each through the layer's first norm. */
async function embedded(
  model: WeightSource,
  layer: number,
  tokens: readonly number[],
): Promise<Float64Array[]> {
  const { norm, normEps, dModel } = model.spec;
  const weight = Float64Array.from((await model.weight(`blocks.${layer}.ln1`)).data);
  const bias = norm === "layer" ? (await model.weight(`blocks.${layer}.ln1.bias`)).data : null;
  const vectors: Float64Array[] = [];
  for (const token of tokens) {
    const row = Float64Array.from((await model.weight("embed", { rows: token })).data);
    const mean = bias === null ? 0 : row.reduce((sum, value) => sum + value, 0) / dModel;
    const normed = normalised(
      row.map((value) => value - mean),
      weight,
      normEps,
    );
    vectors.push(bias === null ? normed : normed.map((value, i) => value + (bias[i] as number)));
  }
  return vectors;
}

/** Row i of a matrix over tokens, made when it is asked for. */
type MatrixRow = (i: number) => Float64Array;

/** (tokens, tokens) of the query's and the key's token. */
function scores(
  spec: ModelSpec,
  layer: number,
  maps: HeadMaps,
  vectors: readonly Float64Array[],
  distance: number,
): MatrixRow {
  const { attention } = layerOf(spec, layer);
  const rope = ropeOf(spec, layer);
  const offset = attention.kind === "mla" ? attention.dNope : 0;
  const tables = rope && ropeTables(rope, distance + 1, distance + 1);
  const turned = (x: Float64Array, position: number): Float64Array => {
    if (rope === null || tables === null) return x;
    rotateRow(rope.layout, x, offset, rope.dim, tables.cos, tables.sin, position);
    return x;
  };
  const queries = vectors.map((x) => turned(maps.query.of(x), distance));
  const keys = vectors.map((x) => turned(maps.key.of(x), 0));
  return (i) => {
    const query = queries[i] as Float64Array;
    return Float64Array.from(keys, (k) => attention.scale * dot(query, 0, k, 0, k.length));
  };
}

/** (tokens, tokens) of the token that is attended to and the token whose logit it adds to. */
async function writes(
  model: WeightSource,
  { value, output }: HeadMaps,
  tokens: readonly number[],
  vectors: readonly Float64Array[],
): Promise<MatrixRow> {
  const { tiedEmbeddings, norm, dModel } = model.spec;
  const scales = (await model.weight("ln_final")).data;
  const table = tiedEmbeddings ? "embed" : "unembed";
  const directions: Float64Array[] = [];
  for (const token of tokens) {
    const row = (await model.weight(table, { rows: token })).data;
    const direction = Float64Array.from(row, (each, i) => each * (scales[i] as number));
    const mean = norm === "rms" ? 0 : direction.reduce((sum, each) => sum + each, 0) / dModel;
    directions.push(direction.map((each) => each - mean));
  }
  const [rows = 0, columns = 0] = output.shape;
  const matrix: Matrix = { data: output.data, rows, columns };
  return (i) => {
    const written = times(matrix, value.of(vectors[i] as Float64Array));
    return Float64Array.from(directions, (to) => dot(to, 0, written, 0, dModel));
  };
}

/** Numbers of a matrix that are looked at before others have their turn. */
const NUMBERS_AT_ONCE = 2 ** 16;

/** The largest and the smallest of a matrix (tokens, tokens), of which one row is there at a time. @throws AbortedError ERR_ABORTED */
async function extremes(
  tokens: readonly number[],
  row: MatrixRow,
  top: number,
  signal: AbortSignal | undefined,
): Promise<CircuitEntries> {
  const [LARGEST, SMALLEST] = [0, 1];
  const found = new TopValues(2, top);
  const rowsAtOnce = Math.max(1, Math.floor(NUMBERS_AT_ONCE / tokens.length));
  for (let from = 0; from < tokens.length; from++) {
    row(from).forEach((value, to) => {
      found.add(LARGEST, value, from, to);
      found.add(SMALLEST, -value, from, to);
    });
    if (from % rowsAtOnce !== rowsAtOnce - 1) continue;
    await breathe();
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
  }
  const entries = (which: number, sign: number): CircuitEntry[] =>
    found.of(which).map(({ value, outer, inner }) => ({
      from: tokens[outer] as number,
      to: tokens[inner] as number,
      value: sign * value,
    }));
  return { largest: entries(LARGEST, 1), smallest: entries(SMALLEST, -1) };
}
