import { type ConfigClass, ConfigReader } from "./configReader.ts";
import { rotaryDim } from "./rotaryDim.ts";
import type { DynamicNtk, RopeScaling, RopeSpec } from "./spec.ts";

const SCALINGS: readonly RopeScaling[] = ["default", "linear", "dynamic", "llama3", "yarn"];

/** YaRN's range is truncated unless the field says otherwise; null says so too, as false does. */
const SCALING_CLASS: ConfigClass = { defaults: { truncate: true }, aliases: {} };

interface RopeRequest {
  readonly layout: RopeSpec["layout"];
  /** Dims per head that may rotate, even. */
  readonly dim: number;
  /** Only the first `partial_rotary_factor` of them do; absent: all of them. */
  readonly isPartial?: boolean;
  readonly contextLength: number;
}

/** What the rotary part of a config comes to. */
export interface ResolvedRope {
  readonly rope: RopeSpec;
  /** YaRN's m(factor, mscale_all_dim), 1 otherwise: DeepSeek's softmax scale is multiplied by its square. */
  readonly softmaxMscale: number;
  /** Positions that the scaling is made for, `max_position_embeddings` at least. */
  readonly contextLength: number;
}

/**
 * The rotary part of a config, read as transformers 5 reads it: `rope_scaling`, where it says something, replaces
 * `rope_parameters`; a base or an original length that the one does not name is the config's own, and then the class's.
 * @throws ConfigError ERR_CONFIG
 */
export function resolveRope(config: ConfigReader, request: RopeRequest): ResolvedRope {
  const scaling =
    config.filledObject("rope_scaling", SCALING_CLASS) ??
    config.object("rope_parameters", SCALING_CLASS) ??
    new ConfigReader(config.defaultOf("rope_parameters") ?? {}, undefined, SCALING_CLASS);
  const theta = (scaling.has("rope_theta") ? scaling : config).positive("rope_theta");
  for (const kind of ["full_attention", "sliding_attention"])
    scaling.require(kind, [null], "One rotation serves all layers.");
  const key = scaling.has("rope_type") ? "rope_type" : "type";
  scaling.require(key, SCALINGS, "Use a checkpoint with another scaling.");
  const type = scaling.string(key, "default") as RopeScaling;
  const { layout, isPartial = false, contextLength } = request;
  const dim = rotaryDim([scaling, config], request.dim, isPartial);
  const plain = plainFrequencies(theta, dim);
  const rope = { layout, scaling: type, dim, magnitude: 1, dynamic: null };
  if (type === "default")
    return { rope: { ...rope, inverseFrequencies: plain }, softmaxMscale: 1, contextLength };
  const factor = scaling.positive("factor");
  const original = config.count(
    "original_max_position_embeddings",
    scaling.count("original_max_position_embeddings", contextLength),
  );
  const result = (change: Partial<RopeSpec>, length = contextLength) => ({
    rope: { ...rope, inverseFrequencies: plain, ...change },
    softmaxMscale: yarnMscale(factor, scaling.number("mscale_all_dim", 0)),
    contextLength: Math.max(contextLength, Math.floor(length)),
  });
  switch (type) {
    case "linear":
      return result({ inverseFrequencies: plain.map((f) => f / factor) });
    case "dynamic":
      if (dim < 4) scaling.fail(key, "another type for heads of which two dims are rotated");
      return result(
        { dynamic: { theta, factor, trainedLength: contextLength } },
        factor * contextLength,
      );
    case "llama3":
      return result({ inverseFrequencies: llama3Frequencies(plain, scaling, original) });
    case "yarn": {
      const inverseFrequencies = yarnFrequencies(plain, theta, scaling, dim, original);
      const magnitude = yarnMagnitude(scaling, factor);
      return result({ inverseFrequencies, magnitude }, factor * original);
    }
  }
}

/** theta^(-2j/dim) for j < dim/2. arXiv:2104.09864 */
function plainFrequencies(theta: number, dim: number): number[] {
  return Array.from({ length: dim / 2 }, (_, j) => theta ** ((-2 * j) / dim));
}

/** Long wavelengths divided by the factor, short ones kept, a linear blend between. */
function llama3Frequencies(plain: readonly number[], scaling: ConfigReader, original: number) {
  const factor = scaling.number("factor");
  const low = scaling.positive("low_freq_factor");
  const high = scaling.positive("high_freq_factor");
  return plain.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < original / high) return f;
    if (wavelength > original / low) return f / factor;
    const blend = (original / wavelength - low) / (high - low);
    return f * ((1 - blend) / factor + blend);
  });
}

/** Interpolated below beta_slow turns, kept above beta_fast turns, a ramp between. arXiv:2309.00071 section 3.2 */
function yarnFrequencies(
  plain: readonly number[],
  theta: number,
  scaling: ConfigReader,
  dim: number,
  original: number,
): number[] {
  const factor = scaling.number("factor");
  const dimOfTurns = (key: string, usual: number) => {
    const turns = scaling.number(key, 0) === 0 ? usual : scaling.positive(key);
    return (dim * Math.log(original / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  };
  let low = dimOfTurns("beta_fast", 32);
  let high = dimOfTurns("beta_slow", 1);
  if (scaling.boolean("truncate", false)) {
    low = Math.floor(low);
    high = Math.ceil(high);
  }
  low = Math.max(low, 0);
  high = Math.min(high, dim - 1);
  if (low === high) high += 0.001;
  return plain.map((f, j) => {
    const ramp = Math.min(Math.max((j - low) / (high - low), 0), 1);
    return (f / factor) * ramp + f * (1 - ramp);
  });
}

function yarnMscale(factor: number, mscale: number): number {
  return factor <= 1 || mscale === 0 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
}

/** The multiplier on cos and sin. */
function yarnMagnitude(scaling: ConfigReader, factor: number): number {
  if (scaling.has("attention_factor")) return scaling.number("attention_factor");
  const mscale = scaling.number("mscale", 0);
  const allDim = scaling.number("mscale_all_dim", 0);
  if (mscale !== 0 && allDim !== 0) return yarnMscale(factor, mscale) / yarnMscale(factor, allDim);
  return yarnMscale(factor, 1);
}

/** The frequencies of a sequence of `length` tokens, more slowly turning the longer it is. */
function dynamicFrequencies(
  { theta, factor, trainedLength }: DynamicNtk,
  dim: number,
  length: number,
) {
  const growth = (factor * Math.max(length, trainedLength)) / trainedLength - (factor - 1);
  return plainFrequencies(theta * growth ** (dim / (dim - 2)), dim);
}

/**
 * cos and sin of every position, magnitude included.
 * @param nPrompt tokens that enter the sequence together: dynamic scaling turns all of them as their number asks for, and
 * every later one as its own position does, which is what a prompt and token-by-token decoding come to in transformers
 * @param shift added to every position
 * @returns two (nPositions, dim/2) arrays, row-major
 */
export function ropeTables(rope: RopeSpec, nPositions: number, nPrompt: number, shift = 0) {
  const half = rope.inverseFrequencies.length;
  const cos = new Float64Array(nPositions * half);
  const sin = new Float64Array(nPositions * half);
  let frequencies = rope.inverseFrequencies;
  for (let t = 0; t < nPositions; t++) {
    const length = Math.max(t + 1, nPrompt) + shift;
    if (rope.dynamic !== null && length > rope.dynamic.trainedLength && (t === 0 || t >= nPrompt))
      frequencies = dynamicFrequencies(rope.dynamic, rope.dim, length);
    frequencies.forEach((f, j) => {
      cos[t * half + j] = Math.cos((t + shift) * f) * rope.magnitude;
      sin[t * half + j] = Math.sin((t + shift) * f) * rope.magnitude;
    });
  }
  return { cos, sin };
}
