import { InputError } from "../../../engine/base/errors.ts";
import { isObject, type JsonObject } from "../../../kernel/server/contents/jsonObject.ts";
import { checkNotebook, type Notebook } from "../../../kernel/server/contents/notebookFormat.ts";
import { isMarker, readMarker } from "./marker.ts";

/** Of files that say nothing else. */
const KERNELSPEC = {
  name: "vitrine",
  display_name: "TypeScript (Vitrine)",
  language: "typescript",
} as const;
const TYPES = ["code", "markdown", "raw"];
const FENCE = "// ---";

/** The lines of a cell, with the place of its marker in the file, from 1. */
interface Block {
  readonly marker: string;
  readonly line: number;
  readonly text: string;
}

/**
 * The notebook that a file of TypeScript with cells stands for. What a person left out is filled in: the head, ids, the marker of the
 * first cell.
 * @throws InputError ERR_INPUT that names the line
 */
export function readPercent(given: string, path: string): Notebook {
  const text = withUnixLines(given.startsWith("\uFEFF") ? given.slice(1) : given);
  const { head, body, line } = splitHead(text, path);
  const { jupyter, nbformat = 4, nbformat_minor: minor = 5, ...rest } = head;
  const metadata = isObject(jupyter) ? withoutOwn(jupyter) : { kernelspec: { ...KERNELSPEC } };
  const cells: JsonObject[] = [];
  for (const block of blocksOf(body, line)) addCell(cells, block, path);
  const identified = typeof minor === "number" && minor >= 5 ? withIds(cells) : cells;
  const notebook = { ...rest, metadata, nbformat, nbformat_minor: minor, cells: identified };
  try {
    return checkNotebook(notebook, path);
  } catch (cause) {
    throw new InputError("ERR_INPUT", (cause as Error).message, { cause });
  }
}

/** A file of Windows, in which every line ends so, as a checkout makes it. */
function withUnixLines(text: string): string {
  const isWindows = text.includes("\r\n") && !/(?:^|[^\r])\n/.test(text);
  return isWindows ? text.replaceAll("\r\n", "\n") : text;
}

function splitHead(text: string, path: string): { head: JsonObject; body: string; line: number } {
  const lines = text.split("\n");
  const end = lines[0] === FENCE ? lines.indexOf(FENCE, 1) : -1;
  if (end < 0) return { head: {}, body: text, line: 1 };
  const json = lines.slice(1, end).map((each) => each.replace(/^\/\/ ?/, ""));
  const head = jsonOf(json.join("\n"));
  if (!isObject(head))
    throw new InputError(
      "ERR_INPUT",
      `${path}:2: expected a JSON object between the two lines "${FENCE}", got ${(json[0] ?? "").slice(0, 60)}. Write one, or leave the head out.`,
    );
  return { head, body: lines.slice(end + 1).join("\n"), line: end + 2 };
}

function withoutOwn({ jupytext, ...metadata }: JsonObject): JsonObject {
  const { notebook } = isObject(jupytext) ? jupytext : {};
  return notebook === undefined ? metadata : { ...metadata, jupytext: notebook };
}

function blocksOf(body: string, firstLine: number): Block[] {
  const lines = body.split("\n");
  const starts = lines.flatMap((line, index) => (isMarker(line) ? [index] : []));
  const before = lines.slice(0, starts[0] ?? lines.length);
  const loose = before.join("\n").trim();
  const blocks = starts.map((start, i): Block => {
    const own = lines.slice(start + 1, starts[i + 1] ?? lines.length);
    // One empty line stands before the next marker, and the file ends with the end of a line.
    if (own.at(-1) === "") own.pop();
    return {
      marker: lines[start] ?? "",
      line: firstLine + start,
      text: own.map(unescaped).join("\n"),
    };
  });
  if (loose === "") return blocks;
  return [{ marker: "// %%", line: firstLine, text: loose }, ...blocks];
}

const unescaped = (line: string): string => line.replace(/^\/\/ %%%/, "// %%");

function addCell(cells: JsonObject[], { marker, line, text }: Block, path: string): void {
  const { type, cell } = readMarker(marker, `${path}:${line}`);
  const last = cells.at(-1);
  if (type === "outputs" && last?.cell_type === "code") {
    const { count = null } = cell.metadata as JsonObject;
    last.execution_count = count;
    last.outputs = text
      .split("\n")
      .filter(Boolean)
      .map((each, i) => output(each, `${path}:${line + 1 + i}`));
    return;
  }
  if (!TYPES.includes(type))
    throw new InputError(
      "ERR_INPUT",
      `${path}:${line}: expected a cell of type ${TYPES.join(", ")}, got [${type}]. Correct the line.`,
    );
  if (type === "code") {
    cells.push({ ...cell, cell_type: type, execution_count: null, outputs: [], source: text });
  } else cells.push({ ...cell, cell_type: type, source: uncommented(text) });
}

/** Lines without the comment's marks; one that a person wrote without stays. */
const uncommented = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");

function output(line: string, where: string): unknown {
  const value = jsonOf(line.replace(/^\/\/ ?/, ""));
  if (value !== undefined) return value;
  throw new InputError(
    "ERR_INPUT",
    `${where}: expected an output as one line of JSON, got ${line.slice(0, 60)}. Take out the block "[outputs]".`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Cells that a person wrote get ids by their place. */
function withIds(cells: readonly JsonObject[]): JsonObject[] {
  const taken = new Set(cells.map(({ id }) => id));
  let n = 0;
  return cells.map((cell) => {
    if (cell.id !== undefined) return cell;
    do n++;
    while (taken.has(`cell-${n}`));
    return { ...cell, id: `cell-${n}` };
  });
}
