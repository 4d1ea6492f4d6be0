import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { JsonObject } from "../base/json.ts";
import { fromExactJson } from "./exactJson.ts";
import { checkManifest, hashedText, MANIFEST, type RecordManifest } from "./manifest.ts";
import { altered, malformed, missing, notRecorded } from "./recordErrors.ts";
import { decodeTable } from "./table.node.ts";
import type { RowOf, TableSchema } from "./table.ts";
import { hashFile } from "./writeRecord.node.ts";

const TORN =
  "The record is torn or was altered; take it from where it was whole, or save the run again.";

/** A record on disk, whose files are those that its manifest names. */
export interface OpenedRecord {
  readonly folder: string;
  /** sha256 of its manifest. */
  readonly id: string;
  readonly manifest: RecordManifest;
  /** The manifest's, with every number as it was. */
  readonly content: JsonObject;
  has(file: string): boolean;
  /** A file's path. @throws RecordError ERR_NOT_RECORDED */
  pathOf(file: string): string;
  /** @throws RecordError ERR_RECORD, ERR_NOT_RECORDED */
  table<Schema extends TableSchema>(file: string, schema: Schema): Promise<RowOf<Schema>[]>;
}

/**
 * Opens a record and reads all of its files once: each must have the bytes that the manifest names, and the manifest those that its
 * own hash names.
 * @param kind what it must describe; absent: anything
 * @throws RecordError ERR_RECORD, ERR_RECORD_ALTERED, ERR_RECORD_MISSING, ERR_RECORD_VERSION
 */
export async function openRecord(folder: string, kind?: string): Promise<OpenedRecord> {
  const root = resolve(folder);
  const name = basename(root);
  const place = `${name}/${MANIFEST}`;
  const manifest = checkManifest(await readManifest(root, place), place);
  const hash = createHash("sha256").update(hashedText(manifest as unknown as JsonObject));
  const got = hash.digest("hex");
  if (got !== manifest.sha256)
    throw altered(place, { expected: `the sha256 ${manifest.sha256}`, got, fix: TORN });
  if (kind !== undefined && manifest.kind !== kind)
    throw malformed(`${place}.kind`, {
      expected: `a record of the kind ${JSON.stringify(kind)}`,
      got: JSON.stringify(manifest.kind),
      fix: "Name the folder of one.",
    });
  for (const file of manifest.files) await checkFile(root, name, file);
  const has = (file: string) => manifest.files.some((other) => other.name === file);
  const pathOf = (file: string) => {
    if (has(file)) return join(root, file);
    const files = manifest.files.map((other) => other.name).join(", ");
    const fix = "Save the run again with what it lacks.";
    throw notRecorded(name, { expected: `the file ${file}`, got: `only ${files}`, fix });
  };
  return {
    folder: root,
    id: manifest.sha256,
    manifest,
    content: fromExactJson(manifest.content) as JsonObject,
    has,
    pathOf,
    table: async (file, schema) =>
      decodeTable(`${name}/${file}`, schema, Uint8Array.from(await readFile(pathOf(file)))),
  };
}

async function readManifest(root: string, place: string): Promise<unknown> {
  const text = await readFile(join(root, MANIFEST), "utf8").catch((cause: Error) => {
    const fix = "Name the folder that run.save wrote.";
    throw missing(place, { expected: "the file of a record", got: cause.message, fix }, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = `${text.length} characters that do not parse`;
    throw malformed(place, { expected: "a manifest as JSON", got, fix: TORN }, cause);
  }
}

async function checkFile(
  root: string,
  folder: string,
  { name, bytes, sha256 }: RecordManifest["files"][number],
): Promise<void> {
  const place = `${folder}/${name}`;
  const path = join(root, name);
  const found = await stat(path).catch((cause: Error) => {
    throw missing(
      place,
      { expected: `a file of ${bytes} bytes`, got: cause.message, fix: TORN },
      cause,
    );
  });
  if (!found.isFile())
    throw altered(place, {
      expected: `a file of ${bytes} bytes`,
      got: "something else",
      fix: TORN,
    });
  if (found.size !== bytes)
    throw altered(place, { expected: `${bytes} bytes`, got: String(found.size), fix: TORN });
  const got = await hashFile(path);
  if (got !== sha256) throw altered(place, { expected: `the sha256 ${sha256}`, got, fix: TORN });
}
