import { layerOf } from "../model/layerOf.ts";
import type { GqaSpec, MlaSpec } from "../model/spec.ts";
import { multiply } from "../tensor/multiply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Matrix, normalised, times } from "./matrices.ts";
import type { WeightSource } from "./weightSource.ts";

/** How a head makes one of its vectors of what its layer reads. */
interface HeadMap {
  /** (D, M). Where a norm stands in between it is up to that norm's scale, which is another for each token. */
  readonly factor: Tensor<Float64Array>;
  /** The vector itself, (D): biases, norms and clamps included, positions not yet. */
  readonly of: (x: Float64Array) => Float64Array;
}

/** What a head does with what its layer reads, (M). */
export interface HeadMaps {
  readonly query: HeadMap;
  readonly key: HeadMap;
  readonly value: HeadMap;
  /** (M, V) the head's columns of the output projection. */
  readonly output: Tensor<Float64Array>;
}

export async function headMaps(
  source: WeightSource,
  layer: number,
  head: number,
): Promise<HeadMaps> {
  const { attention } = layerOf(source.spec, layer);
  const name = `blocks.${layer}.attn`;
  const dValue = attention.kind === "mla" ? attention.dValue : attention.dHead;
  const width = attention.nHeads * dValue;
  const output = await columnsOf(source, `${name}.o`, width, head * dValue, dValue);
  if (attention.kind === "mla")
    return { ...(await mlaMaps(source, attention, name, head)), output };
  const group = Math.floor((head * attention.nKvHeads) / attention.nHeads);
  return {
    query: await gqaMap(source, attention, name, "q", head),
    key: await gqaMap(source, attention, name, "k", group),
    value: await gqaMap(source, attention, name, "v", group),
    output,
  };
}

async function gqaMap(
  source: WeightSource,
  attention: GqaSpec,
  layer: string,
  letter: "q" | "k" | "v",
  head: number,
): Promise<HeadMap> {
  const { dHead, qkvBias, queryKeyNorm, clip } = attention;
  const name = `${layer}.${letter}`;
  const norm = letter === "v" ? null : queryKeyNorm;
  // A norm over all heads needs all of them.
  const rows = norm === "whole" ? undefined : ([head * dHead, (head + 1) * dHead] as const);
  const weight = await matrixOf(source, name, rows);
  const bias = qkvBias ? (await matrixOf(source, `${name}.bias`, rows)).data : null;
  const scales = norm === null ? null : (await matrixOf(source, `${name}_norm`)).data;
  const first = norm === "whole" ? head * dHead : 0;
  const of = (x: Float64Array): Float64Array => {
    let out = times(weight, x);
    if (bias !== null) out = out.map((value, i) => value + (bias[i] as number));
    if (scales !== null) out = normalised(out, scales, source.spec.normEps);
    const own = out.slice(first, first + dHead);
    return clip === null ? own : own.map((value) => Math.min(clip, Math.max(-clip, value)));
  };
  const factor = new Float64Array(dHead * weight.columns);
  for (let i = 0; i < dHead; i++)
    for (let j = 0; j < weight.columns; j++) {
      const scale = scales === null ? 1 : (scales[norm === "whole" ? first + i : i] as number);
      factor[i * weight.columns + j] =
        scale * (weight.data[(first + i) * weight.columns + j] as number);
    }
  return { factor: tensor(factor, dHead), of };
}

async function mlaMaps(
  source: WeightSource,
  attention: MlaSpec,
  name: string,
  head: number,
): Promise<Omit<HeadMaps, "output">> {
  const { kvLoraRank: C, dNope, dRope, latentNormEps: eps } = attention;
  const dQuery = dNope + dRope;
  const rows = [head * dQuery, (head + 1) * dQuery] as const;
  const isPlain = attention.qLoraRank === null;
  const up = await matrixOf(source, isPlain ? `${name}.q` : `${name}.q_b`, rows);
  const query = isPlain
    ? { factor: tensor(up.data, dQuery), of: (x: Float64Array) => times(up, x) }
    : throughLatent(
        await matrixOf(source, `${name}.q_a`),
        (await matrixOf(source, `${name}.q_a_norm`)).data,
        up,
        eps,
      );
  const compressed = await matrixOf(source, `${name}.kv_a`);
  const { columns } = compressed;
  const latent = { data: compressed.data.subarray(0, C * columns), rows: C, columns };
  const rotary = { data: compressed.data.subarray(C * columns), rows: dRope, columns };
  const scales = (await matrixOf(source, `${name}.kv_a_norm`)).data;
  const nope = throughLatent(
    latent,
    scales,
    await entryOf(source, `${name}.kv_b_key`, head, true),
    eps,
  );
  return {
    query,
    key: {
      factor: tensor(joined(nope.factor.data, rotary.data), dQuery),
      of: (x) => joined(nope.of(x), times(rotary, x)),
    },
    value: throughLatent(
      latent,
      scales,
      await entryOf(source, `${name}.kv_b_value`, head, false),
      eps,
    ),
  };
}

/** Down to a latent, through its norm, and up again. */
function throughLatent(down: Matrix, scales: Float64Array, up: Matrix, eps: number): HeadMap {
  const scaled = up.data.map((value, i) => value * (scales[i % up.columns] as number));
  return {
    factor: tensor(multiply({ ...up, data: scaled }, down), up.rows),
    of: (x) => times(up, normalised(times(down, x), scales, eps)),
  };
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function tensor(data: Float64Array, rows: number): Tensor<Float64Array> {
  return new Tensor(data, [rows, data.length / rows], ["D", "M"]);
}

async function matrixOf(
  source: WeightSource,
  name: string,
  rows?: readonly [number, number],
): Promise<Matrix> {
  const { data, shape } = await source.weight(name, rows === undefined ? {} : { rows });
  const [first = 1] = shape;
  return { data: Float64Array.from(data), rows: first, columns: data.length / first };
}

/** A head's matrix of a stack; (C, P) of keys is turned to (P, C). */
async function entryOf(
  source: WeightSource,
  name: string,
  head: number,
  isTurned: boolean,
): Promise<Matrix> {
  const { data, shape } = await source.weight(name, { rows: head });
  const [rows = 1, columns = 1] = shape;
  if (!isTurned) return { data: Float64Array.from(data), rows, columns };
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] as number;
  return { data: turned, rows: columns, columns: rows };
}

/** Numbers of an output projection that are on the host at once. */
const CHUNK_NUMBERS = 2 ** 22;

/** (M, count) some columns of a weight (M, width), read some rows at a time. */
async function columnsOf(
  source: WeightSource,
  name: string,
  width: number,
  first: number,
  count: number,
): Promise<Tensor<Float64Array>> {
  const { dModel } = source.spec;
  const out = new Float64Array(dModel * count);
  const perChunk = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
  for (let start = 0; start < dModel; start += perChunk) {
    const end = Math.min(dModel, start + perChunk);
    const { data } = await source.weight(name, { rows: [start, end] });
    for (let row = start; row < end; row++) {
      const from = (row - start) * width + first;
      out.set(data.subarray(from, from + count), row * count);
    }
  }
  return new Tensor(out, [dModel, count], ["M", "D"]);
}
