import type { ConfigReader } from "./configReader.ts";
import type { RopeSpec } from "./spec.ts";

interface RopeRequest {
  readonly layout: RopeSpec["layout"];
  /** Rotated dims per head, even. */
  readonly dim: number;
  readonly contextLength: number;
}

/** What the rotary part of a config comes to. */
export interface ResolvedRope {
  readonly rope: RopeSpec;
  /** YaRN's m(factor, mscale_all_dim), 1 otherwise: DeepSeek's softmax scale is multiplied by its square. */
  readonly softmaxMscale: number;
}

/** Reads both spellings: `rope_parameters`, and the older `rope_theta` with `rope_scaling`. */
export function resolveRope(config: ConfigReader, request: RopeRequest): ResolvedRope {
  const nested = config.object("rope_parameters");
  const scaling = nested ?? config.object("rope_scaling");
  const theta = nested?.has("rope_theta")
    ? nested.number("rope_theta")
    : config.number("rope_theta", 10_000);
  (nested ?? config).require(
    "partial_rotary_factor",
    [1],
    "Partly rotated heads are not supported.",
  );
  const plain = plainFrequencies(theta, request.dim);
  const unscaled = (inverseFrequencies: readonly number[], magnitude = 1, softmaxMscale = 1) => ({
    rope: { layout: request.layout, dim: request.dim, inverseFrequencies, magnitude },
    softmaxMscale,
  });
  if (scaling === null) return unscaled(plain);
  const key = scaling.has("rope_type") ? "rope_type" : "type";
  const type = scaling.string(key, "default");
  switch (type) {
    case "default":
      return unscaled(plain);
    case "linear": {
      const factor = scaling.number("factor");
      return unscaled(plain.map((f) => f / factor));
    }
    case "llama3":
      return unscaled(llama3Frequencies(plain, scaling, request.contextLength));
    case "yarn": {
      const factor = scaling.number("factor");
      return unscaled(
        yarnFrequencies(plain, theta, scaling, request),
        yarnMagnitude(scaling, factor),
        yarnMscale(factor, scaling.number("mscale_all_dim", 0)),
      );
    }
    default:
      return scaling.fail(key, '"default", "linear", "llama3" or "yarn"');
  }
}

/** theta^(-2j/dim) for j < dim/2. arXiv:2104.09864 */
function plainFrequencies(theta: number, dim: number): number[] {
  return Array.from({ length: dim / 2 }, (_, j) => theta ** ((-2 * j) / dim));
}

/** Long wavelengths divided by the factor, short ones kept, a linear blend between. */
function llama3Frequencies(plain: readonly number[], scaling: ConfigReader, context: number) {
  const factor = scaling.number("factor");
  const low = scaling.number("low_freq_factor", 1);
  const high = scaling.number("high_freq_factor", 4);
  const original = scaling.number("original_max_position_embeddings", context);
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
  { dim, contextLength }: RopeRequest,
): number[] {
  const factor = scaling.number("factor");
  const original = scaling.number("original_max_position_embeddings", contextLength);
  const dimOfTurns = (turns: number) =>
    (dim * Math.log(original / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  let low = dimOfTurns(scaling.number("beta_fast", 32));
  let high = dimOfTurns(scaling.number("beta_slow", 1));
  if (scaling.boolean("truncate", true)) {
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

/**
 * cos and sin of every position, magnitude included.
 * @returns two (nPositions, dim/2) arrays, row-major
 */
export function ropeTables(rope: RopeSpec, nPositions: number) {
  const half = rope.inverseFrequencies.length;
  const cos = new Float64Array(nPositions * half);
  const sin = new Float64Array(nPositions * half);
  for (let t = 0; t < nPositions; t++)
    rope.inverseFrequencies.forEach((f, j) => {
      cos[t * half + j] = Math.cos(t * f) * rope.magnitude;
      sin[t * half + j] = Math.sin(t * f) * rope.magnitude;
    });
  return { cos, sin };
}
