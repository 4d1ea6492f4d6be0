import { breathe } from "../base/breathe.ts";
import { Dictionary } from "../dictionary/dictionary.ts";
import { activate, CHUNK_NUMBERS, encoderInput } from "../dictionary/encodeRows.ts";
import { hostProducts, type Products } from "../dictionary/products.ts";
import { someFeatures } from "../dictionary/someFeatures.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import { siteValue } from "../plan/sites/siteValue.ts";
import { Tensor } from "../tensor/tensor.ts";
import { editError } from "./checkEdit.ts";
import type { FeaturesEdit } from "./edit.ts";
import type { EditedModel } from "./editedModel.ts";
import type { EditTarget } from "./editTarget.ts";

/** Columns of a value that a function reads beside the one that it changes. */
export interface CutSource {
  readonly value: string;
  readonly columnStart: number;
  readonly columnCount: number;
}

/**
 * Where the features are read from, if not from the site that is changed.
 * @throws InputError ERR_EDIT where the dictionary is of other widths than the sites, or reads what is computed later
 */
export function featureSource(
  what: string,
  { dictionary, site: edited }: FeaturesEdit,
  { plan, sites }: EditedModel,
  target: EditTarget,
): CutSource | null {
  if (!(dictionary instanceof Dictionary)) return null; // refused when it is to be carried out
  const { site, siteOut, dIn, dOut, config } = dictionary;
  if (edited !== siteOut)
    throw editError(
      what,
      `the dictionary's own site, ${siteOut}`,
      edited,
      "Load the dictionary with site (siteOut of a transcoder) to have it elsewhere.",
    );
  checkWidth(what, siteOut, dOut, target.columnCount);
  if (!config.isTranscoder) return null;
  const read = findSite(site, sites);
  const { name, first, count } = siteValue(plan, read);
  const writes = (value: string) => plan.ops.findIndex(({ outputs }) => outputs.includes(value));
  if (read.source.kind !== "stored" || count === null || writes(name) < 0)
    throw editError(what, "a site that is computed before it", site, "Choose another dictionary.");
  checkWidth(what, site, dIn, count);
  if (writes(name) > writes(target.value))
    throw editError(
      what,
      `a site before ${siteOut}`,
      `${site}, which comes behind it`,
      "Choose another dictionary.",
    );
  return { value: name, columnStart: first, columnCount: count };
}

function checkWidth(what: string, site: string, wanted: number, got: number): void {
  if (wanted === got) return;
  throw editError(
    what,
    `a site with rows of ${wanted} numbers, as the dictionary has`,
    `${site}, with ${got}`,
    "Load the dictionary of this model and site.",
  );
}

/**
 * Rows of the site with other features, in float64.
 * @param source rows that the features are read from
 * @throws InputError ERR_EDIT for a dictionary that is not loaded, ERR_SELECTION for a feature that it does not have
 */
export function featureChange(
  what: string,
  { dictionary, set = {}, scale = {} }: FeaturesEdit,
): (value: Tensor, source: Tensor) => Promise<Tensor> {
  if (!(dictionary instanceof Dictionary))
    return async () => {
      throw editError(
        what,
        "a dictionary that is loaded",
        `the name of one in ${dictionary.folder}`,
        "Write features(await loadDictionary(folder)).",
      );
    };
  const asked = [...new Set([...Object.keys(set), ...Object.keys(scale)].map(Number))];
  for (const feature of asked) {
    dictionary.checkFeature(what, feature);
    if (feature in set && feature in scale)
      throw editError(
        what,
        "a feature in set or in scale",
        `${feature} in both`,
        "Leave it out of one.",
      );
  }
  const { dIn, dOut } = dictionary;
  let parts: FeatureParts | undefined; // made when the edit is first carried out
  return async (value, source) => {
    parts ??= featureParts(dictionary, asked);
    const { some, products, decoders } = parts;
    const [count = 0] = source.shape;
    const { entering, scale: sizes } = encoderInput(dictionary, Float64Array.from(source.data));
    const data = Float64Array.from(value.data);
    const width = some.weights.encoderBias.length;
    const step = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
    for (let first = 0; first < count; first += step) {
      const last = Math.min(count, first + step);
      const dense = await products(entering.subarray(first * dIn, last * dIn), last - first);
      for (let row = first; row < last; row++) {
        const features = dense.subarray((row - first) * width, (row - first + 1) * width);
        activate(some, features);
        for (const [i, feature] of asked.entries()) {
          const old = features[some.places[i] as number] as number;
          const wanted = set[feature] ?? old * (scale[feature] ?? 1);
          const by = (wanted - old) * (sizes[row] as number);
          if (by !== 0) addTimes(by, decoders[i] as Float64Array, data, row * dOut);
        }
      }
      await breathe();
    }
    return new Tensor(data, value.shape, value.dims);
  };
}

/** How the features that change are computed, and what one unit of each adds. */
interface FeatureParts {
  readonly some: ReturnType<typeof someFeatures>;
  readonly products: Products;
  readonly decoders: readonly Float64Array[]; // (dOut) each
}

function featureParts(dictionary: Dictionary, asked: readonly number[]): FeatureParts {
  const some = someFeatures(dictionary, asked);
  return {
    some,
    products: hostProducts(some.weights.encoder, dictionary.dIn),
    decoders: asked.map((feature) => dictionary.decoder(feature).data),
  };
}

/** into[start..] += by x. */
function addTimes(by: number, x: Float64Array, into: Float64Array, start: number): void {
  for (let i = 0; i < x.length; i++)
    into[start + i] = (into[start + i] as number) + by * (x[i] as number);
}
