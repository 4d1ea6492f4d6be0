import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { besideOf } from "../base/replaceFiles.node.ts";
import { type Content, textContent } from "../store/content.node.ts";
import type { ObjectStore } from "../store/objectStore.node.ts";
import { jsonText } from "./journal.node.ts";
import { notWritten } from "./replaceFile.node.ts";

/** Written last: an evaluation whose store has it is whole. */
export const COMPLETE = "complete.json";

/** An object as it is when the evaluation is whole. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

type StoredFiles = Readonly<Record<string, StoredFile>>;

/** Says which objects are the evaluation, after all of them are there. */
export async function putComplete(
  store: ObjectStore,
  contents: ReadonlyMap<string, StoredFile>,
): Promise<void> {
  const keys = [...contents.keys()].sort();
  const objects = Object.fromEntries(
    keys.map((key) => {
      const { sha256, bytes } = contents.get(key) as StoredFile;
      return [key, { sha256, bytes }];
    }),
  );
  const complete = { kind: "vitrine evaluation in a store", version: 1, objects };
  await store.put(COMPLETE, textContent(jsonText(complete)));
}

/** The objects of an evaluation that is whole; null where it is not. @throws InputError ERR_EVALUATION where it does not read */
export async function readComplete(store: ObjectStore): Promise<StoredFiles | null> {
  const text = await store.text(COMPLETE);
  if (text === null) return null;
  const complete = parsed(text);
  const objects = isObject(complete) && complete.version === 1 ? complete.objects : null;
  if (isObject(objects) && Object.entries(objects).every(isStored)) return objects as StoredFiles;
  throw new InputError(
    "ERR_EVALUATION",
    `${store.placeOf(COMPLETE)}: expected the names of an evaluation's objects with their hashes, got ${JSON.stringify(text.slice(0, 60))}. Delete it and evaluate the shard again, or read it with the version that wrote it.`,
  );
}

function isStored([key, it]: [string, unknown]): boolean {
  const isInside = !key.startsWith("/") && !key.split("/").includes("..");
  return (
    isInside && isObject(it) && typeof it.sha256 === "string" && Number.isSafeInteger(it.bytes)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Reads an object into a file, which is whole or not there.
 * @param expected what it has to be; null for what the store said when it was put
 * @returns false where there is no such object
 * @throws InputError ERR_EVALUATION where it is another than expected; ERR_OUTPUT; as `ObjectStore`
 */
export async function fetchFile(
  store: ObjectStore,
  key: string,
  folder: string,
  expected: StoredFile | null,
): Promise<boolean> {
  const path = join(folder, key);
  await mkdir(dirname(path), { recursive: true }).catch((cause) => notWritten(path, cause));
  const temporary = besideOf(path);
  try {
    const sha256 = await store.get(key, (pieces) => written(temporary, pieces));
    if (sha256 === null) return false;
    if (expected !== null && sha256 !== expected.sha256) throw altered(store, key, expected);
    await rename(temporary, path).catch((cause) => notWritten(path, cause));
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @returns the hash of what was written */
async function written(path: string, pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  const failed = (cause: unknown) => notWritten(path, cause);
  const file = await open(path, "w").catch(failed);
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      await file.writeFile(piece).catch(failed);
    }
    await file.datasync().catch(failed);
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

function altered(store: ObjectStore, key: string, { sha256, bytes }: StoredFile): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${store.placeOf(key)}: expected the ${bytes} bytes with the sha256 ${sha256} that ${COMPLETE} names, got others. Delete ${store.placeOf(COMPLETE)} and evaluate the shard again: it goes on from its log.`,
  );
}

/** What an object holds, without its bytes. */
export const storedFile = ({ sha256, bytes }: Content): StoredFile => ({ sha256, bytes });
