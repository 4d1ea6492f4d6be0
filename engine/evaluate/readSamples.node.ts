import { readFile } from "node:fs/promises";
import { isDeepStrictEqual, promisify } from "node:util";
import { gunzip as gunzipWith } from "node:zlib";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { parseCsv } from "../base/csv.ts";
import { InputError } from "../base/errors.ts";
import { fileLines, linesOf } from "../base/fileLines.node.ts";
import { gunzippedChunks } from "../base/gunzippedChunks.node.ts";
import { isObject } from "../base/json.ts";
import { shown, wrongOption } from "./evaluateErrors.ts";
import { readParquet } from "./readParquet.node.ts";
import type { SampleData } from "./task.ts";

const gunzip = promisify(gunzipWith);

/** What a file of samples does not say itself. */
export interface ReadSamplesOptions {
  /** Names of a CSV's columns where its first line is a sample already. Default: the first line has the names. */
  readonly columns?: readonly string[];
}

const READ_SAMPLES_OPTIONS: OptionNames<ReadSamplesOptions> = { columns: true };

/**
 * The samples in a file: an object for each line of .jsonl, for each item of a list in .json, for each row of .csv, whose first line has the
 * names and whose values are text, and for each row of .parquet. The first three may be compressed with gzip, as .jsonl.gz.
 * @throws InputError ERR_SAMPLES where the file is not there, is of another kind or does not read; ERR_OPTION
 */
export async function readSamples(
  path: string,
  options: ReadSamplesOptions = {},
): Promise<SampleData[]> {
  checkOptions("readSamples", options, READ_SAMPLES_OPTIONS);
  const kind = KIND.exec(path)?.[0].toLowerCase() ?? "";
  const read = READERS[kind];
  if (read === undefined) {
    const fix = /\.ya?ml$/i.test(path)
      ? "A task of lm-evaluation-harness is read by lmEvalTask(path)."
      : "Convert the file.";
    throw wrongFile(path, `a file of the kind ${Object.keys(READERS).join(", ")}`, kind, fix);
  }
  if (options.columns !== undefined) checkColumns(options.columns, kind);
  const samples = await read(path, options);
  if (samples.length > 0) return samples;
  throw wrongFile(path, "at least one sample", "none", "Put some into it.");
}

type Reader = (path: string, options: ReadSamplesOptions) => Promise<SampleData[]>;

/** The end of a file's name: .csv, .csv.gz. */
const KIND = /\.[^./\\]*(?:(?<=[^/\\]\.[^./\\]*)\.gz)?$/i;

const READERS: Readonly<Record<string, Reader>> = {
  ".jsonl": readJsonLines,
  ".json": readJson,
  ".csv": readCsv,
  ".parquet": readRows,
  ".jsonl.gz": readJsonLines,
  ".json.gz": readJson,
  ".csv.gz": readCsv,
};

const isGzip = (path: string): boolean => /\.gz$/i.test(path);

function checkColumns(columns: unknown, kind: string): void {
  const wrong = (expected: string, got: unknown, fix: string) =>
    wrongOption("readSamples columns", { expected, got, fix });
  if (!kind.startsWith(".csv"))
    throw wrong("a file of CSV, as others have names of their own", kind, "Leave columns out.");
  const isNames =
    Array.isArray(columns) &&
    columns.length > 0 &&
    columns.every((name) => typeof name === "string" && name !== "") &&
    new Set(columns).size === columns.length;
  if (!isNames)
    throw wrong("a list of names, each another one", columns, 'Write ["question", "answer"].');
}

async function readJsonLines(path: string): Promise<SampleData[]> {
  const samples: SampleData[] = [];
  let number = 0;
  try {
    for await (const { text } of isGzip(path) ? linesOf(gunzippedChunks(path)) : fileLines(path)) {
      number += 1;
      const line = number === 1 ? text.replace(/^\ufeff/, "") : text; // a byte order mark
      if (line.trim() !== "")
        samples.push(objectIn(`${path} line ${number}`, () => JSON.parse(line)));
    }
  } catch (cause) {
    throw cause instanceof InputError ? cause : unreadable(path, cause);
  }
  return samples;
}

async function readJson(path: string): Promise<SampleData[]> {
  const text = await textOf(path);
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw wrongFile(path, "JSON", (cause as Error).message, "Correct the file.", cause);
  }
  if (Array.isArray(list)) return list.map((item, i) => objectIn(`${path} [${i}]`, () => item));
  throw wrongFile(path, "a list of objects", shown(list), "Write [{ ... }].");
}

async function readCsv(path: string, { columns }: ReadSamplesOptions): Promise<SampleData[]> {
  const text = await textOf(path);
  let rows: string[][];
  try {
    rows = parseCsv(text);
  } catch (cause) {
    throw wrongFile(path, "CSV", (cause as Error).message, "Close the quote.", cause);
  }
  const header = columns === undefined ? rows.shift() : undefined;
  const names = columns ?? header ?? [];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    const fix =
      "Correct them, or pass { columns: [...] } where the first line is a sample and no names.";
    throw wrongFile(`${path} row 1`, "names of columns", `${shown(twice)} twice`, fix);
  }
  if (columns !== undefined && isDeepStrictEqual(rows[0], [...columns]))
    throw wrongFile(`${path} row 1`, "a sample", "the names in columns", "Leave columns out.");
  const before = header === undefined ? 1 : 2;
  return rows.map((row, i) => {
    if (row.length === names.length)
      return Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""]));
    const got = `${row.length}`;
    throw wrongFile(`${path} row ${i + before}`, `${names.length} fields`, got, "Correct the row.");
  });
}

async function readRows(path: string): Promise<SampleData[]> {
  const bytes = await bytesOf(path);
  try {
    return await readParquet(bytes);
  } catch (cause) {
    const got = `bytes that do not read (${(cause as Error).message})`;
    const fix = "Write it with Snappy or without compression, and with plain or dictionary pages.";
    throw wrongFile(path, "a Parquet file", got, fix, cause);
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return isGzip(path) ? await gunzip(bytes, { maxOutputLength: LARGEST_BYTES }) : bytes;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function textOf(path: string): Promise<string> {
  const bytes = await bytesOf(path);
  try {
    return new TextDecoder().decode(bytes); // leaves a byte order mark out
  } catch (cause) {
    const fix = "Write it as lines of JSON, or as Parquet.";
    throw wrongFile(path, "no more than a text may have", `${bytes.length} bytes`, fix, cause);
  }
}

/** Node reads no file whole that has more bytes than this, and makes no text of more than 2 ** 29 letters. */
const LARGEST_WHOLE = "2 GiB";
const LARGEST_BYTES = 2 ** 31;

function unreadable(path: string, cause: unknown): InputError {
  const { code = "", message: got } = cause as NodeJS.ErrnoException;
  if (code.startsWith("Z_")) {
    const fix = "It is torn, or no gzip: fetch it again, or name it by what it is.";
    return wrongFile(path, "a file of gzip that is whole", got, fix, cause);
  }
  const isWhole = !/\.jsonl(\.gz)?$/i.test(path);
  if (/^ERR_FS_FILE_TOO_LARGE$/.test(code) || (isWhole && /^ERR_BUFFER_TOO_LARGE$/.test(code))) {
    const expected = `at most ${LARGEST_WHOLE} in a file that is read whole`;
    const fix = "Write it as lines of JSON (.jsonl), which are read one after the other.";
    return wrongFile(path, expected, got, fix, cause);
  }
  if (/^ERR_(STRING_TOO_LONG|BUFFER_TOO_LARGE)$/.test(code)) {
    const fix = "Write each sample in a line of its own.";
    return wrongFile(path, "lines of a length that a text may have", got, fix, cause);
  }
  return wrongFile(path, "a file that can be read", got, "Look at the path.", cause);
}

function objectIn(place: string, read: () => unknown): SampleData {
  let value: unknown;
  try {
    value = read();
  } catch (cause) {
    throw wrongFile(place, "a JSON object", (cause as Error).message, "Correct it.", cause);
  }
  if (isObject(value)) return value;
  throw wrongFile(place, "a JSON object", shown(value), "Write { ... }.");
}

function wrongFile(
  place: string,
  expected: string,
  got: string,
  fix: string,
  cause?: unknown,
): InputError {
  return new InputError(
    "ERR_SAMPLES",
    `${place}: expected ${expected}, got ${got}. ${fix}`,
    cause === undefined ? {} : { cause },
  );
}
