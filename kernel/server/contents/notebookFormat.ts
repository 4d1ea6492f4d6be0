import { HttpError } from "../httpError.ts";
import { parseJson, TooDeepError } from "../json/parseJson.ts";
import { PartWriter } from "../json/parts.ts";
import { writeSorted } from "../json/writeSorted.ts";
import { DEEPEST_JSON } from "./jsonDepth.ts";
import { jsonErrorAt } from "./jsonErrorAt.ts";
import { isObject, type JsonObject } from "./jsonObject.ts";
import { upgradeNotebook } from "./upgradeNotebook.ts";

/** A notebook of format 4 as clients see it: sources and texts are strings, not lists of lines. */
export interface Notebook extends JsonObject {
  cells: JsonObject[];
  metadata: JsonObject;
  nbformat: number;
  nbformat_minor: number;
}

export function emptyNotebook(): Notebook {
  return { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

function refuse(path: string, expected: string, got: string, fix: string): HttpError {
  return new HttpError(400, `read notebook ${path}: expected ${expected}, got ${got}. ${fix}`, {
    reason: "bad notebook",
  });
}

/**
 * Reads the text of an `.ipynb` file, with or without a byte order mark in front.
 * @throws HttpError 400 that says what is wrong and at which line and column, or in which cell
 */
export function parseNotebook(marked: string, path: string): Notebook {
  const text = marked.startsWith("\uFEFF") ? marked.slice(1) : marked;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof TooDeepError)
      throw refuse(
        path,
        `at most ${DEEPEST_JSON} lists and objects in one another`,
        "more",
        "Flatten it in a text editor, or restore a checkpoint.",
      );
    if (!(error instanceof SyntaxError)) throw error;
    const place = jsonErrorAt(text);
    const where = place === null ? "" : ` at line ${place.line}, column ${place.column}`;
    throw refuse(
      path,
      `JSON with ${place?.expected ?? "a value"}${where}`,
      place?.got ?? "other text",
      "Repair that line in a text editor, or restore a checkpoint.",
    );
  }
  return checkNotebook(value, path);
}

const FIX = "Repair it in a text editor, or restore a checkpoint.";

/**
 * Checks the frame that every notebook has and joins multi-line texts, which files hold as lists of lines. One of format
 * 3 comes out in format 4.
 */
export function checkNotebook(given: unknown, path: string): Notebook {
  const value = inFormat4(given, path);
  const fix = FIX;
  if (!Array.isArray(value.cells))
    throw refuse(path, `a list as "cells"`, describe(value.cells), fix);
  value.cells.forEach((cell: unknown, index) => {
    if (!isObject(cell)) throw refuse(path, `an object as cell ${index}`, describe(cell), fix);
    const type = cell.cell_type;
    if (type !== "code" && type !== "markdown" && type !== "raw") {
      throw refuse(
        path,
        `"code", "markdown" or "raw" as type of cell ${index}`,
        describe(type),
        fix,
      );
    }
  });
  return {
    ...value,
    cells: (value.cells as JsonObject[]).map((cell) => mapTexts(cell, joinLines)),
    metadata: isObject(value.metadata) ? value.metadata : {},
    nbformat: 4,
    nbformat_minor: typeof value.nbformat_minor === "number" ? value.nbformat_minor : 0,
  };
}

function inFormat4(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw refuse(path, "a JSON object", describe(value), FIX);
  const { nbformat, worksheets } = value;
  if (typeof nbformat !== "number") {
    throw refuse(path, `a number as "nbformat"`, describe(nbformat), FIX);
  }
  if (nbformat === 4) return value;
  if (nbformat !== 3) {
    throw refuse(
      path,
      "notebook format 4, or 3, which is upgraded",
      `format ${nbformat}`,
      nbformat < 3
        ? "Convert it where Jupyter is installed: jupyter nbconvert --to notebook --inplace FILE"
        : "Save it in format 4 with the program that wrote it.",
    );
  }
  if (!Array.isArray(worksheets)) {
    throw refuse(path, `a list as "worksheets"`, describe(worksheets), FIX);
  }
  worksheets.forEach((sheet: unknown, index) => {
    const cells = isObject(sheet) ? sheet.cells : undefined;
    if (!Array.isArray(cells)) {
      throw refuse(path, `a list as "cells" of worksheet ${index}`, describe(cells), FIX);
    }
    const wrong = cells.find((cell: unknown) => !isObject(cell));
    if (wrong !== undefined) {
      throw refuse(path, `objects as cells of worksheet ${index}`, describe(wrong), FIX);
    }
  });
  return upgradeNotebook(value);
}

/** The text of an `.ipynb` file: keys sorted, texts as lists of lines, so that version control sees small changes. */
export function formatNotebook(notebook: Notebook): Uint8Array[] {
  const writer = new PartWriter();
  const cells = notebook.cells.map((cell) => mapTexts(cell, splitLines));
  writeSorted({ ...notebook, cells }, "\n", writer);
  writer.write("\n");
  return writer.parts();
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function joinLines(value: unknown): unknown {
  return Array.isArray(value) && value.every((line) => typeof line === "string")
    ? value.join("")
    : value;
}

function splitLines(value: unknown): unknown {
  return typeof value === "string" ? (value.match(/[^\n]*\n|[^\n]+$/g) ?? []) : value;
}

const isJsonType = (mimeType: string) =>
  mimeType === "application/json" || mimeType.endsWith("+json");

function mapBundle(bundle: unknown, change: (value: unknown) => unknown): unknown {
  if (!isObject(bundle)) return bundle;
  return Object.fromEntries(
    Object.entries(bundle).map(([type, value]) => [type, isJsonType(type) ? value : change(value)]),
  );
}

/** Applies `change` to every text that the notebook format allows to be a list of lines. */
function mapTexts(cell: JsonObject, change: (value: unknown) => unknown): JsonObject {
  const mapped: JsonObject = { ...cell };
  if ("source" in cell) mapped.source = change(cell.source);
  if (isObject(cell.attachments)) {
    mapped.attachments = Object.fromEntries(
      Object.entries(cell.attachments).map(([name, bundle]) => [name, mapBundle(bundle, change)]),
    );
  }
  if (Array.isArray(cell.outputs)) {
    mapped.outputs = cell.outputs.map((output: unknown) => {
      if (!isObject(output)) return output;
      if (output.output_type === "stream") return { ...output, text: change(output.text) };
      return "data" in output ? { ...output, data: mapBundle(output.data, change) } : output;
    });
  }
  return mapped;
}
