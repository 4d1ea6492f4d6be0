import type { BackendName } from "../backend/backend.ts";
import { SiteError } from "../base/errors.ts";
import type { Watch } from "../base/watchOf.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import { hostProducts, type Products } from "../dictionary/products.ts";
import { partsOf, type Run } from "../look/run.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import { RecordedModel } from "../record/recordedModel.ts";
import { deviceProducts } from "./deviceProducts.ts";

/** Products from which on uploading the encoder pays: about a second of the host's. */
const DEVICE_PRODUCTS = 2 ** 30;

/** One execution for all sites that the run does not have. */
export async function captureTogether(
  run: Run,
  sites: readonly string[],
  watch: Watch,
): Promise<void> {
  if (!(run.model instanceof RecordedModel)) await run.capture(sites, watch);
}

/** Rows of a site at positions: (P, width) in float64. @throws SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE */
export async function siteRows(
  what: string,
  run: Run,
  site: string,
  positions: readonly number[],
  width: number,
): Promise<Float64Array> {
  const [found, further] = matchSites(site, run.sites());
  const isRow = found?.dtype === "f32" && found.dims[0] === "T" && !found.dims.includes("S");
  const size = found?.shape.slice(1).reduce<number>((n, axis) => n * Number(axis), 1);
  if (found === undefined || further !== undefined || !isRow || size !== width) {
    const shape = `${found?.name} (${found?.dims.join(", ")}), rows of ${size}`;
    throw new SiteError(
      "ERR_SITE_SHAPE",
      `${what}: expected a site with rows of ${width} numbers, as the dictionary has, got ${further === undefined ? shape : "several sites"}. Load the dictionary of this model, and name its site with the option site.`,
    );
  }
  const { data } = await run.get(found.name);
  const rows = new Float64Array(positions.length * width);
  for (const [i, position] of positions.entries())
    rows.set(data.subarray(position * width, (position + 1) * width), i * width);
  return rows;
}

/** Who multiplies by a dictionary's encoder: the run's backend where there is much to do, else the host. */
export interface EncoderProducts {
  readonly products: Products;
  readonly computedOn: "host" | BackendName;
  dispose(): Promise<void>;
}

/** @throws BackendError ERR_OUT_OF_MEMORY, ERR_DISPOSED */
export async function encoderProducts(
  run: Run,
  dictionary: Dictionary,
  nRows: number,
): Promise<EncoderProducts> {
  const { dIn, nFeatures, weights } = dictionary;
  const isLarge = nRows * dIn * nFeatures >= DEVICE_PRODUCTS;
  if (isLarge && !(run.model instanceof RecordedModel))
    return deviceProducts(partsOf(run).state, dictionary);
  const products = hostProducts(weights.encoder, dIn);
  return { products, computedOn: "host", dispose: async () => undefined };
}
