import { RecordError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { malformed, shown } from "./recordErrors.ts";
import { type Check, list, object, oneOf, sha256, text, whole } from "./schema.ts";

export const MANIFEST = "manifest.json";
export const FORMAT = "vitrine-record";
/** Of the manifest's form. Readers read this one and all before it. */
export const VERSION = 1;

/** A file of a record, which is named by what it holds. */
export interface RecordFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What made a record: versions that may matter to bits. */
interface RecordEngine {
  readonly vitrine: string;
  readonly node: string;
  readonly platform: string;
}

/** What manifest.json says. Its `sha256` is over all the rest of it, and is the record's id. */
export interface RecordManifest {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** What `content` describes: "run", say. */
  readonly kind: string;
  readonly engine: RecordEngine;
  readonly content: JsonObject;
  readonly files: readonly RecordFile[];
  readonly sha256: string;
}

/** A plain name in the record's own folder. */
const fileName: Check = (value, place) => {
  if (typeof value === "string" && /^[a-z0-9_]+(\.[a-z0-9]+)+$/.test(value) && value !== MANIFEST)
    return;
  throw malformed(place, {
    expected: "a file's name of small letters, digits and _ with an ending",
    got: shown(value),
    fix: "The record is damaged; save the run again.",
  });
};

const ENVELOPE = object({
  format: oneOf(FORMAT),
  version: whole(1),
  kind: text,
  engine: object({ vitrine: text, node: text, platform: text }),
  content: object({}, {}),
  files: list(object({ name: fileName, bytes: whole(0), sha256 })),
  sha256,
});

/** What is hashed of a manifest: everything but the hash, as compact JSON. */
export function hashedText(manifest: JsonObject): string {
  const { sha256: _, ...rest } = manifest;
  return JSON.stringify(rest);
}

/**
 * Holds a parsed manifest against its form; `content` is checked by whoever reads its kind.
 * @param place the file, for messages
 * @throws RecordError ERR_RECORD, ERR_RECORD_VERSION
 */
export function checkManifest(json: unknown, place: string): RecordManifest {
  if (isObject(json) && json.format === FORMAT && Number(json.version) > VERSION)
    throw new RecordError(
      "ERR_RECORD_VERSION",
      `${place}: expected a record of version ${VERSION} or before, got version ${shown(json.version)}. Update vitrine to read it.`,
    );
  if (!isObject(json) || !isObject(json.content))
    throw malformed(place, {
      expected: `a manifest of the format ${FORMAT}`,
      got: shown(json),
      fix: "Name the folder that run.save wrote.",
    });
  ENVELOPE({ ...json, content: {} }, place);
  const names = (json.files as RecordFile[]).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return json as unknown as RecordManifest;
  throw malformed(`${place}.files`, {
    expected: "every file once",
    got: `${shown(twice)} twice`,
    fix: "The record is damaged; save the run again.",
  });
}
