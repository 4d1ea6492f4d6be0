import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import { watchOf } from "../base/watchOf.ts";
import { decodeRows } from "../dictionary/decodeRows.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import { encodeRows } from "../dictionary/encodeRows.ts";
import type { Run } from "../look/run.ts";
import { Tensor } from "../tensor/tensor.ts";
import { askedPositions } from "./askedRows.ts";
import { captureTogether, encoderProducts, siteRows } from "./dictionaryRows.ts";

export interface ReconstructOptions {
  /** Default "all"; a list has positions, negative ones from the end. */
  readonly positions?: "all" | readonly number[];
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** Rows of a site as a dictionary has them, and what it misses. */
export interface Reconstruction {
  /** Of a transcoder the site that it writes. */
  readonly site: string;
  readonly positions: Int32Array; // (P)
  /** (P, M) */
  readonly reconstruction: Tensor<Float64Array>;
  /** (P, M) the site's rows less those. */
  readonly error: Tensor<Float64Array>;
  /** Of all numbers. */
  readonly meanSquaredError: number;
  /** 1 less the sum of the squared errors over that of the rows less their mean; null where the rows are alike. */
  readonly explainedVariance: number | null;
  /** Features of a token, on average. */
  readonly meanActive: number;
  /** Where the products with the encoder were computed. */
  readonly computedOn: "host" | "cpu" | "webgpu" | "reference";
}

const RECONSTRUCT_OPTIONS: OptionNames<ReconstructOptions> = {
  positions: true,
  signal: true,
  onProgress: true,
};

/**
 * What a dictionary makes of the rows of its site. Float64 on the host, but for products that `featureActivations` takes to the backend.
 * @throws as `featureActivations`
 */
export async function reconstruct(
  run: Run,
  dictionary: Dictionary,
  options: ReconstructOptions = {},
): Promise<Reconstruction> {
  checkOptions("reconstruct", options, RECONSTRUCT_OPTIONS);
  checkSignals("reconstruct", options);
  const { site, siteOut, dIn, dOut, nFeatures } = dictionary;
  const positions = askedPositions("reconstruct", options.positions ?? "all", run.tokens.length);
  const watch = watchOf(options);
  const { signal, onProgress } = watch;
  await captureTogether(run, [site, siteOut], watch);
  const rows = await siteRows("reconstruct", run, site, positions, dIn);
  const wanted = await siteRows("reconstruct", run, siteOut, positions, dOut);
  const encoder = await encoderProducts(run, dictionary, positions.length);
  try {
    const features = await encodeRows(dictionary, rows, {
      ...{ most: nFeatures, products: encoder.products, signal },
      onRows: (done) =>
        onProgress?.({ stage: "explain", done, total: positions.length, label: site }),
    });
    const made = decodeRows(dictionary, features, rows);
    const error = wanted.map((x, i) => x - (made[i] as number));
    const squared = squares(error);
    const variance = squares(centred(wanted, dOut));
    const shape = [positions.length, dOut];
    return {
      site: siteOut,
      positions: Int32Array.from(positions),
      reconstruction: new Tensor(made, shape, ["T", "M"]),
      error: new Tensor(error, shape, ["T", "M"]),
      meanSquaredError: squared / error.length,
      explainedVariance: variance > 0 ? 1 - squared / variance : null,
      meanActive: features.active.reduce((sum, n) => sum + n, 0) / positions.length,
      computedOn: encoder.computedOn,
    };
  } finally {
    await encoder.dispose();
  }
}

const squares = (data: Float64Array): number => data.reduce((sum, x) => sum + x * x, 0);

/** Rows less their mean. */
function centred(rows: Float64Array, width: number): Float64Array {
  const count = rows.length / width;
  const mean = new Float64Array(width);
  rows.forEach((x, i) => {
    mean[i % width] = (mean[i % width] as number) + x / count;
  });
  return rows.map((x, i) => x - (mean[i % width] as number));
}
