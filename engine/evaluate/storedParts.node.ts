import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import { fileContent } from "../store/content.node.ts";
import { ObjectStore } from "../store/objectStore.node.ts";
import { isStoreAddress, storeAddress } from "../store/storeAddress.ts";
import { LOG, MANIFEST, parseManifest } from "./journal.node.ts";
import type { EvaluationManifest } from "./manifest.ts";
import { assertSameEvaluation } from "./manifestDifference.ts";
import {
  COMPLETE,
  fetchFile,
  putComplete,
  readComplete,
  type StoredFile,
  storedFile,
} from "./storedFiles.node.ts";
import { putTables } from "./storedFolder.node.ts";

const WHAT = "mergeEvaluations folder";
const ALL = /\/\*$/;

/** Where a part is, and where its files can be read. */
export interface PartPlace {
  /** As it was named, for messages. */
  readonly place: string;
  readonly folder: string;
}

interface PartOptions {
  readonly patienceMs: number | undefined;
}

/**
 * Hands on folders with the parts' logs: those in stores come into a folder that is gone afterwards, each file held against its hash.
 * @param named paths and addresses; "s3://bucket/prefix/*" names everything there
 * @throws InputError ERR_EVALUATION where a part in a store is not whole, ERR_OPTION, ERR_OUTPUT; as `ObjectStore`
 */
export async function withParts<Result>(
  named: readonly string[],
  options: PartOptions,
  use: (parts: readonly PartPlace[]) => Promise<Result>,
): Promise<Result> {
  if (!named.some(isStoreAddress)) return use(named.map((place) => ({ place, folder: place })));
  return inScratch(async (scratch) => {
    const parts: PartPlace[] = [];
    for (const place of await everyPlace(named, options)) {
      if (!isStoreAddress(place)) parts.push({ place, folder: place });
      else {
        const folder = join(scratch, String(parts.length));
        await fetchPart(await openStore(place, options), folder);
        parts.push({ place, folder });
      }
    }
    return use(parts);
  });
}

/** Writes a whole into a folder and brings it to a store, complete.json last. @throws as `withParts` */
export async function writeToStore(
  address: string,
  manifest: EvaluationManifest,
  options: PartOptions,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const store = await openStore(address, options);
  const there = await store.text(MANIFEST);
  if (there !== null)
    assertSameEvaluation(address, parseManifest(there, store.placeOf(MANIFEST)), manifest);
  await inScratch(async (folder) => {
    await write(folder);
    const contents = new Map<string, StoredFile>();
    for (const key of [MANIFEST, `${LOG}/merged.jsonl`]) {
      const content = await fileContent(join(folder, key));
      await store.put(key, content);
      contents.set(key, storedFile(content));
    }
    await putTables(store, folder, contents);
    await putComplete(store, contents);
  });
}

const openStore = (address: string, { patienceMs }: PartOptions): Promise<ObjectStore> =>
  ObjectStore.open(storeAddress(WHAT, address), { what: WHAT, patienceMs });

async function everyPlace(named: readonly string[], options: PartOptions): Promise<string[]> {
  const places: string[] = [];
  for (const place of named) {
    if (!isStoreAddress(place) || !ALL.test(place)) places.push(place);
    else {
      const address = place.replace(ALL, "");
      const names = await (await openStore(address, options)).folders();
      if (names.length === 0) throw nothingThere(place);
      places.push(...names.sort(asNumbers).map((name) => `${address}/${name}`));
    }
  }
  return places;
}

const asNumbers = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** What joining reads: the manifest and the logs. */
async function fetchPart(store: ObjectStore, folder: string): Promise<void> {
  const objects = await readComplete(store);
  if (objects === null) throw await notWhole(store);
  for (const [key, expected] of Object.entries(objects)) {
    if (key !== MANIFEST && !key.startsWith(`${LOG}/`)) continue;
    if (!(await fetchFile(store, key, folder, expected))) throw lacking(store, key);
  }
}

async function notWhole(store: ObjectStore): Promise<InputError> {
  const isBegun = (await store.text(MANIFEST)) !== null;
  const got = isBegun ? "one that was begun" : "none";
  const fix = isBegun ? "Evaluate that shard to its end." : "Name another address.";
  return new InputError(
    "ERR_EVALUATION",
    `${store.placeOf("")}: expected an evaluation that is whole, with ${COMPLETE}, got ${got}. ${fix}`,
  );
}

function lacking(store: ObjectStore, key: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${store.placeOf(key)}: expected an object, as ${COMPLETE} names it, got none. Evaluate that shard again.`,
  );
}

function nothingThere(place: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${place}: expected evaluations below it, got none. Correct the address.`,
  );
}

async function inScratch<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "vitrine-merge-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
