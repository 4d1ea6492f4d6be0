import { InputError } from "../../../engine/base/errors.ts";
import type { JsonObject } from "../../../kernel/server/contents/jsonObject.ts";
import type { Notebook } from "../../../kernel/server/contents/notebookFormat.ts";
import { cellName, outputsOf, sourceOf } from "../cells.ts";
import { writeMarker } from "./marker.ts";

/** How the file names its own form, as jupytext does. */
const REPRESENTATION = {
  extension: ".nb.ts",
  format_name: "percent",
  format_version: "1.3",
} as const;

/**
 * A notebook as TypeScript with cells: a head between `// ---` with the notebook's metadata, then each cell behind a line `// %%`.
 * Markdown and raw text are comments. `readPercent` reads the same notebook from it.
 * @param withOutputs also writes what cells showed, the state of widgets and the cells' numbers
 * @throws InputError ERR_INPUT where a text has halves of characters, which no file holds
 */
export function writePercent(notebook: Notebook, { withOutputs = false } = {}): string {
  const { cells, ...head } = notebook;
  const { widgets, jupytext, ...metadata } = head.metadata;
  const kept = withOutputs && widgets !== undefined ? { ...metadata, widgets } : metadata;
  const { metadata: _, ...format } = head;
  const blocks = cells.map((cell, index) => {
    if (/\p{Surrogate}/u.test(sourceOf(cell)))
      throw new InputError(
        "ERR_INPUT",
        `convert: expected text of whole characters, got half of one in ${cellName(cell, index)}. Write it as an escape.`,
      );
    return cellBlock(cell, withOutputs);
  });
  return `${[headBlock({ jupyter: { ...kept, jupytext: representation(jupytext) }, ...format }), ...blocks].join("\n\n")}\n`;
}

/** @param own what the notebook itself keeps under that name */
const representation = (own: unknown): JsonObject => ({
  ...(own === undefined ? {} : { notebook: own }),
  text_representation: REPRESENTATION,
});

/** JSON is YAML too: editors that look for YAML between such lines find it. */
function headBlock(head: JsonObject): string {
  const lines = JSON.stringify(head, null, 2).split("\n");
  return ["// ---", ...lines.map((line) => `// ${line}`), "// ---"].join("\n");
}

function cellBlock(cell: JsonObject, withOutputs: boolean): string {
  const lines = sourceOf(cell).split("\n");
  const isCode = cell.cell_type === "code";
  const written = isCode ? lines : lines.map((line) => (line === "" ? "//" : `// ${line}`));
  const block = [writeMarker(cell), ...written.map(escaped)].join("\n");
  if (!isCode || !withOutputs) return block;
  const { execution_count: count = null } = cell;
  const outputs = outputsOf(cell);
  if (outputs.length === 0 && count === null) return block;
  return `${block}\n\n// %% [outputs] count=${JSON.stringify(count)}\n${outputs.map((output) => `// ${JSON.stringify(output)}`).join("\n")}`;
}

/** A line of a cell that would read as a marker, or as one that was changed so, has one `%` more. */
const escaped = (line: string): string => line.replace(/^\/\/ %%/, "// %%%");
