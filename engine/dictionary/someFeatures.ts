import type { HostArray } from "../tensor/tensor.ts";
import type { Dictionary } from "./dictionary.ts";
import type { DictionaryConfig } from "./dictionaryConfig.ts";
import type { DictionaryWeights } from "./dictionaryWeights.ts";

/** What features are computed with. */
export interface EncoderParts {
  readonly config: Pick<DictionaryConfig, "k">;
  readonly weights: Omit<DictionaryWeights, "decoder" | "decoderBias" | "skip">;
}

/**
 * What some features are computed with: the columns of these alone, with the bits that they have among all. Where a row may only have so
 * many features, all are left, since each takes part in the choice.
 * @returns `places`: where each of `ids` stands among the features that are computed
 */
export function someFeatures(
  { config, weights }: Dictionary,
  ids: readonly number[],
): EncoderParts & { readonly places: readonly number[] } {
  if (config.k !== null) return { config, weights, places: ids };
  const { encoder, encoderBias, threshold, magnitude, decoderNorms } = weights;
  const { dIn, nFeatures } = config;
  const of = (data: HostArray): Float64Array => Float64Array.from(ids, (id) => data[id] as number);
  const columns = new Float64Array(dIn * ids.length);
  for (let i = 0; i < dIn; i++)
    columns.set(of(encoder.subarray(i * nFeatures, (i + 1) * nFeatures)), i * ids.length);
  return {
    config,
    weights: {
      encoder: columns,
      encoderBias: of(encoderBias),
      threshold: threshold && of(threshold),
      magnitude: magnitude && { factor: of(magnitude.factor), bias: of(magnitude.bias) },
      decoderNorms: decoderNorms && of(decoderNorms),
    },
    places: [...ids.keys()],
  };
}
