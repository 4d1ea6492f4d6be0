import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { parseCsv } from "../base/csv.ts";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { shown } from "./evaluateErrors.ts";
import { readParquet } from "./readParquet.node.ts";
import type { SampleData } from "./task.ts";

/**
 * The samples in a file: an object for each line of .jsonl, for each item of a list in .json, for each row of .csv, whose first line has the
 * names and whose values are text, and for each row of .parquet.
 * @throws InputError ERR_SAMPLES where the file is not there, is of another kind or does not read
 */
export async function readSamples(path: string): Promise<SampleData[]> {
  const read = READERS[extname(path).toLowerCase()];
  if (read === undefined) {
    const fix = /\.ya?ml$/i.test(path)
      ? "A task of lm-evaluation-harness is read by lmEvalTask(path)."
      : "Convert the file.";
    throw wrongFile(
      path,
      `a file of the kind ${Object.keys(READERS).join(", ")}`,
      extname(path),
      fix,
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw wrongFile(
      path,
      "a file that can be read",
      (cause as Error).message,
      "Look at the path.",
      cause,
    );
  }
  const samples = await read(path, bytes);
  if (samples.length > 0) return samples;
  throw wrongFile(path, "at least one sample", "none", "Put some into it.");
}

type Reader = (path: string, bytes: Uint8Array) => SampleData[] | Promise<SampleData[]>;

const READERS: Readonly<Record<string, Reader>> = {
  ".jsonl": readJsonLines,
  ".json": readJson,
  ".csv": readCsv,
  ".parquet": readRows,
};

function readJsonLines(path: string, bytes: Uint8Array): SampleData[] {
  const lines = textOf(bytes).split(/\r?\n/);
  return lines.flatMap((line, i) =>
    line.trim() === "" ? [] : [objectIn(`${path} line ${i + 1}`, () => JSON.parse(line))],
  );
}

function readJson(path: string, bytes: Uint8Array): SampleData[] {
  let list: unknown;
  try {
    list = JSON.parse(textOf(bytes));
  } catch (cause) {
    throw wrongFile(path, "JSON", (cause as Error).message, "Correct the file.", cause);
  }
  if (Array.isArray(list)) return list.map((item, i) => objectIn(`${path} [${i}]`, () => item));
  throw wrongFile(path, "a list of objects", shown(list), "Write [{ ... }].");
}

function readCsv(path: string, bytes: Uint8Array): SampleData[] {
  let rows: string[][];
  try {
    rows = parseCsv(textOf(bytes));
  } catch (cause) {
    throw wrongFile(path, "CSV", (cause as Error).message, "Close the quote.", cause);
  }
  const [names = [], ...others] = rows;
  return others.map((row, i) => {
    if (row.length === names.length)
      return Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""]));
    const got = `${row.length}`;
    throw wrongFile(`${path} row ${i + 2}`, `${names.length} fields`, got, "Correct the row.");
  });
}

async function readRows(path: string, bytes: Uint8Array): Promise<SampleData[]> {
  try {
    return await readParquet(bytes);
  } catch (cause) {
    throw wrongFile(path, "a Parquet file", (cause as Error).message, "Write it again.", cause);
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes); // leaves a byte order mark out
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
