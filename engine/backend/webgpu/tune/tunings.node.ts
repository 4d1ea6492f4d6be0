import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { BackendError } from "../../../base/errors.ts";
import { isObject } from "../../../base/json.ts";
import type { AdapterDescription } from "../adapter.ts";
import { type ProductChoice, productChoice } from "../products/productChoice.ts";

/** Where `vitrine tune` keeps what it chose: vitrine/tunings.json in XDG_CACHE_HOME, under ~/.cache otherwise. */
export function tuningsFile(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vitrine", "tunings.json");
}

/** The forms that were chosen for an adapter with this driver; null where nobody has tuned it. @throws BackendError ERR_TUNING */
export async function readTuning(adapter: AdapterDescription): Promise<ProductChoice | null> {
  const tunings = await readTunings();
  const given = tunings[keyOf(adapter)];
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
  const tunings = { ...(await readTunings()), [keyOf(adapter)]: products };
  const file = tuningsFile();
  const temporary = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(temporary, `${JSON.stringify(tunings, null, 2)}\n`);
  await rename(temporary, file);
}

/** Another driver may prefer other forms. */
function keyOf({ vendor, architecture, device, description }: AdapterDescription): string {
  return [vendor, architecture, device, description].join(" / ");
}

async function readTunings(): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(tuningsFile(), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    const tunings: unknown = JSON.parse(text);
    if (isObject(tunings)) return tunings;
  } catch {}
  throw unreadable("an object of JSON, got something else");
}

function unreadable(what: string): BackendError {
  return new BackendError(
    "ERR_TUNING",
    `${tuningsFile()}: expected ${what}. Delete the file; vitrine tune writes it anew.`,
  );
}
