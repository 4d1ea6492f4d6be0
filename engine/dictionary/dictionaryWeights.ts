import { WeightsError } from "../base/errors.ts";
import type { HostArray, Tensor } from "../tensor/tensor.ts";
import type { DictionaryConfig } from "./dictionaryConfig.ts";

/** A dictionary's tensors, row-major. */
export interface DictionaryWeights {
  readonly encoder: HostArray; // (dIn, F)
  /** Of the gates, where there are some. */
  readonly encoderBias: HostArray; // (F)
  readonly decoder: HostArray; // (F, dOut)
  readonly decoderBias: HostArray; // (dOut)
  /** (F) what a feature must exceed. */
  readonly threshold: HostArray | null;
  /** (F) of the gated: the factor and the bias of what is behind an open gate. */
  readonly magnitude: { readonly factor: Float64Array; readonly bias: HostArray } | null;
  /** (dOut, dIn) */
  readonly skip: HostArray | null;
  /** (F) lengths of the decoder's rows, where activations are counted in them. */
  readonly decoderNorms: Float64Array | null;
}

/**
 * The tensors that a configuration asks for, checked.
 * @throws WeightsError ERR_DICTIONARY for one that is not there, of another shape, or that nothing reads
 */
export function dictionaryWeights(
  config: DictionaryConfig,
  tensors: ReadonlyMap<string, Tensor>,
): DictionaryWeights {
  const { activation, dIn, dOut, nFeatures, hasSkip } = config;
  const isGated = activation === "gated";
  const read = new Set<string>();
  const take = (name: string, shape: readonly number[]): HostArray => {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw wrong(`a tensor ${name}`, [...tensors.keys()].join(", ") || "no tensor");
    if (tensor.shape.join() !== shape.join())
      throw wrong(`${name} of shape (${shape.join(", ")})`, `(${tensor.shape.join(", ")})`);
    if (tensor.dtype === "i32") throw wrong(`${name} of floats`, tensor.dtype);
    const bad = tensor.data.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) throw wrong(`finite numbers in ${name}`, `${tensor.data[bad]} at ${bad}`);
    read.add(name);
    return tensor.data;
  };
  const decoder = take("W_dec", [nFeatures, dOut]);
  const weights: DictionaryWeights = {
    encoder: take("W_enc", [dIn, nFeatures]),
    encoderBias: take(isGated ? "b_gate" : "b_enc", [nFeatures]),
    decoder,
    decoderBias: take("b_dec", [dOut]),
    threshold: activation === "jumprelu" ? take("threshold", [nFeatures]) : null,
    magnitude: isGated
      ? {
          factor: Float64Array.from(take("r_mag", [nFeatures]), Math.exp),
          bias: take("b_mag", [nFeatures]),
        }
      : null,
    skip: hasSkip ? take("W_skip", [dOut, dIn]) : null,
    decoderNorms: config.rescalesByDecoder ? rowNorms(decoder, dOut) : null,
  };
  const scales = tensors.get("scaling_factor");
  if (scales?.data.every((x) => x === 1)) read.add("scaling_factor"); // left by old versions
  const left = [...tensors.keys()].filter((name) => !read.has(name));
  if (left.length > 0)
    throw wrong(`the tensors ${[...read].join(", ")} alone`, `also ${left.join(", ")}`);
  return weights;
}

/** Rows that are multiplied by `scale` before they are encoded: the same in the weights. */
export function foldScale(weights: DictionaryWeights, scale: number): DictionaryWeights {
  const times = (data: HostArray, by: number) => Float64Array.from(data, (x) => x * by);
  const decoder = times(weights.decoder, 1 / scale);
  const { decoderNorms } = weights;
  return {
    ...weights,
    encoder: times(weights.encoder, scale),
    decoder,
    decoderBias: times(weights.decoderBias, 1 / scale),
    decoderNorms: decoderNorms && rowNorms(decoder, weights.decoderBias.length),
  };
}

function rowNorms(data: HostArray, width: number): Float64Array {
  return Float64Array.from({ length: data.length / width }, (_, row) =>
    Math.hypot(...data.subarray(row * width, (row + 1) * width)),
  );
}

function wrong(expected: string, got: string): WeightsError {
  return new WeightsError(
    "ERR_DICTIONARY",
    `sae_weights.safetensors: expected ${expected}, got ${got}. cfg.json says what must be there.`,
  );
}
