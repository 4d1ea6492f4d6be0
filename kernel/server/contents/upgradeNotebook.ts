import { createHash } from "node:crypto";
import { isObject, type JsonObject } from "./jsonObject.ts";

/** Names of format 3 for what is shown, as MIME types. */
const MIME_TYPES: ReadonlyMap<string, string> = new Map([
  ["text", "text/plain"],
  ["html", "text/html"],
  ["svg", "image/svg+xml"],
  ["png", "image/png"],
  ["jpeg", "image/jpeg"],
  ["latex", "text/latex"],
  ["json", "application/json"],
  ["javascript", "application/javascript"],
]);

/** Fields of an output that may be lists of lines. */
const OUTPUT_LINES = ["text", "html", "svg", "latex", "javascript", "json"];
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/**
 * A notebook of format 3 in format 4.5, as the converter of nbformat makes it: worksheets are joined, headings become
 * markdown, and what outputs show is named by MIME type. Where that draws ids of cells, these follow from the cells, so
 * that reading a file twice gives the same.
 * @param notebook whose `worksheets` are objects with lists of objects as `cells`
 */
export function upgradeNotebook({ worksheets, ...notebook }: JsonObject): JsonObject {
  const { orig_nbformat: format, orig_nbformat_minor: minor, ...frame } = notebook;
  const { name, signature, ...metadata } = isObject(frame.metadata) ? frame.metadata : {};
  const cells = (worksheets as { cells: JsonObject[] }[]).flatMap((sheet) => sheet.cells);
  return {
    ...frame,
    metadata: { ...metadata, orig_nbformat: format || 3, orig_nbformat_minor: minor || 0 },
    nbformat: 4,
    nbformat_minor: 5,
    cells: cells.map((cell, index) => ({ ...upgradeCell(cell), id: idOf(cell, index) })),
  };
}

function idOf(cell: JsonObject, index: number): string {
  const text = `${index} ${JSON.stringify(cell)}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

function upgradeCell(cell: JsonObject): JsonObject {
  const metadata = isObject(cell.metadata) ? cell.metadata : {};
  if (cell.cell_type === "code") return upgradeCode(cell, metadata);
  const prose = { ...joinFields(cell, ["source", "rendered"]), metadata };
  if (cell.cell_type === "html") return { ...prose, cell_type: "markdown" };
  if (cell.cell_type !== "heading") return prose;
  const { level = 1, source = "", ...heading } = prose as JsonObject;
  const marks = "#".repeat(Number(level));
  return { ...heading, cell_type: "markdown", source: `${marks} ${inOneLine(String(source))}` };
}

function upgradeCode(cell: JsonObject, metadata: JsonObject): JsonObject {
  const { language, collapsed, input = "", prompt_number: count = null, ...rest } = cell;
  const outputs: unknown[] = Array.isArray(cell.outputs) ? cell.outputs : [];
  return {
    ...rest,
    metadata: collapsed === undefined ? metadata : { ...metadata, collapsed },
    source: joinLines(input),
    execution_count: count,
    outputs: outputs.map((output) => (isObject(output) ? upgradeOutput(output) : output)),
  };
}

function upgradeOutput(output: JsonObject): JsonObject {
  const { output_type: type, ...rest } = joinFields(output, OUTPUT_LINES);
  if (type === "pyerr") return { ...rest, output_type: "error" };
  if (type === "stream") {
    const { stream: name = "stdout", ...stream } = rest;
    return { ...stream, output_type: "stream", name };
  }
  if (type !== "pyout" && type !== "display_data") return { ...rest, output_type: type };
  const { metadata = {}, ...shown } = rest;
  const named = isObject(metadata) ? byMimeType(metadata) : {};
  if (type === "display_data") {
    return { output_type: type, metadata: named, data: parsedJson(byMimeType(shown)) };
  }
  const { prompt_number: count = null, ...data } = shown;
  return {
    output_type: "execute_result",
    execution_count: count,
    metadata: named,
    data: parsedJson(byMimeType(data)),
  };
}

function byMimeType(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [MIME_TYPES.get(name) ?? name, value]),
  );
}

/** Format 3 has JSON as text. */
function parsedJson(data: JsonObject): JsonObject {
  const text = data["application/json"];
  if (typeof text !== "string") return data;
  try {
    return { ...data, "application/json": JSON.parse(text) as unknown };
  } catch {
    return data; // a text is JSON too
  }
}

function joinFields(fields: JsonObject, names: readonly string[]): JsonObject {
  const joined = { ...fields };
  for (const name of names) if (name in joined) joined[name] = joinLines(joined[name]);
  return joined;
}

/** Some programs wrote the lines of format 3 without their breaks. */
function joinLines(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every((line) => typeof line === "string")) return value;
  return value.join(/[\n\r]$/.test(value[0] ?? "") ? "" : "\n");
}

function inOneLine(text: string): string {
  const lines = text.split(LINE_BREAK);
  if (lines.at(-1) === "") lines.pop();
  return lines.join(" ");
}
