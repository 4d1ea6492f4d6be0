import { checkCount, checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import { watchOf } from "../base/watchOf.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import { encodeRows } from "../dictionary/encodeRows.ts";
import type { Run } from "../look/run.ts";
import type { FeaturesRecord } from "../trace/schema.ts";
import { askedPositions } from "./askedRows.ts";
import { captureTogether, encoderProducts, siteRows } from "./dictionaryRows.ts";

/** Where features are told, and how many. */
export interface FeatureActivationsOptions {
  /** Default "all"; a list has positions, negative ones from the end. */
  readonly positions?: "all" | readonly number[];
  /** The largest features of a token that are told; default: all that are above 0. */
  readonly topK?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

const FEATURE_OPTIONS: OptionNames<FeatureActivationsOptions> = {
  positions: true,
  topK: true,
  signal: true,
  onProgress: true,
};

/**
 * What a dictionary's features are at tokens of a run. A site that was not captured comes by one more execution. Up to 2^30 products are
 * computed on the host, in float64, more on the run's backend, in its floats.
 * @throws InputError ERR_OPTION, ERR_SELECTION; SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE for a dictionary of another model;
 * RecordError ERR_NOT_RECORDED; AbortedError ERR_ABORTED; BackendError
 */
export async function featureActivations(
  run: Run,
  dictionary: Dictionary,
  options: FeatureActivationsOptions = {},
): Promise<FeaturesRecord> {
  checkOptions("featureActivations", options, FEATURE_OPTIONS);
  checkSignals("featureActivations", options);
  const { topK } = options;
  const most =
    topK === undefined ? dictionary.nFeatures : checkCount("featureActivations topK", topK);
  const { site, nFeatures, dIn } = dictionary;
  const nTokens = run.tokens.length;
  const positions = askedPositions("featureActivations", options.positions ?? "all", nTokens);
  const watch = watchOf(options);
  const { signal, onProgress } = watch;
  await captureTogether(run, [site], watch);
  const rows = await siteRows("featureActivations", run, site, positions, dIn);
  const encoder = await encoderProducts(run, dictionary, positions.length);
  try {
    const { offsets, ids, values, active } = await encodeRows(dictionary, rows, {
      ...{ most, products: encoder.products, signal },
      onRows: (done) =>
        onProgress?.({ stage: "explain", done, total: positions.length, label: site }),
    });
    const { computedOn } = encoder;
    const found = { positions: Int32Array.from(positions), active, offsets, ids, values };
    return {
      label: "recomputed",
      site,
      dictionary: dictionary.sha256,
      nFeatures,
      computedOn,
      ...found,
    };
  } finally {
    await encoder.dispose();
  }
}
