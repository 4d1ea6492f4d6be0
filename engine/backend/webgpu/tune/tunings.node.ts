import { CacheFile } from "../../../base/cacheFile.node.ts";
import { BackendError } from "../../../base/errors.ts";
import { type AdapterDescription, adapterKey } from "../adapter.ts";
import { type ProductChoice, productChoice } from "../products/productChoice.ts";

const tunings = new CacheFile("tunings.json", unreadable);

/** Where `vitrine tune` keeps what it chose: vitrine/tunings.json in XDG_CACHE_HOME, under ~/.cache otherwise. */
export function tuningsFile(): string {
  return tunings.path;
}

/** The forms that were chosen for an adapter with this driver; null where nobody has tuned it. @throws BackendError ERR_TUNING */
export async function readTuning(adapter: AdapterDescription): Promise<ProductChoice | null> {
  const given = (await tunings.read())[adapterKey(adapter)];
  if (given === undefined) return null;
  const products = productChoice(given);
  if (products === null) throw unreadable(`forms of products, got ${JSON.stringify(given)}`);
  return products;
}

/** Keeps what was chosen for an adapter. */
export async function writeTuning(
  adapter: AdapterDescription,
  products: ProductChoice,
): Promise<void> {
  await tunings.write(adapterKey(adapter), products);
}

function unreadable(what: string): BackendError {
  return new BackendError(
    "ERR_TUNING",
    `${tuningsFile()}: expected ${what}. Delete the file; vitrine tune writes it anew.`,
  );
}
