import { InputError } from "../../../engine/base/errors.ts";
import type { JsonObject } from "../../../kernel/server/contents/jsonObject.ts";
import { jsonEnd } from "./jsonEnd.ts";

/** The line above a cell: `// %% title [type] key=value ...`, with JSON as values. */
const MARKER = /^\/\/ %%(?!%)/;
const TYPE = /^\[(\w+)\]\s*/;
const PAIR = /^([A-Za-z_][\w.:-]*)=/;
const NAME = /^[A-Za-z_][\w.:-]*$/;

/** Fields of a cell that have a form of their own in the file; of what is named so in the metadata, `metadata` takes care. */
const OWN = ["id", "metadata", "attachments", "cell"];
const ELSEWHERE = [
  "cell_type",
  "source",
  "outputs",
  "execution_count",
  "id",
  "metadata",
  "attachments",
];

export const isMarker = (line: string): boolean => MARKER.test(line);

/** What a marker says: the cell's type, and all of the cell but its source and outputs. */
export interface Marked {
  readonly type: string;
  readonly cell: JsonObject;
}

/** The marker of a cell. What is neither an id nor plain metadata stands under `metadata`, `attachments` or `cell`. */
export function writeMarker(cell: JsonObject): string {
  const { cell_type: type, id, attachments } = cell;
  const metadata = Object.entries((cell.metadata ?? {}) as JsonObject);
  const isPlain = (key: string): boolean => NAME.test(key) && !OWN.includes(key);
  const others = metadata.filter(([key]) => !isPlain(key));
  const rest = Object.entries(cell).filter(([key]) => !ELSEWHERE.includes(key));
  const pairs: [string, unknown][] = [
    ...(id === undefined ? [] : [["id", id] as [string, unknown]]),
    ...metadata.filter(([key]) => isPlain(key)),
    ...(others.length === 0 ? [] : [["metadata", Object.fromEntries(others)] as [string, unknown]]),
    ...(attachments === undefined ? [] : [["attachments", attachments] as [string, unknown]]),
    ...(rest.length === 0 ? [] : [["cell", Object.fromEntries(rest)] as [string, unknown]]),
  ];
  const written = pairs.map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `// %%${type === "code" ? "" : ` [${type}]`}${written.join("")}`;
}

/** Reads a marker. @throws InputError ERR_INPUT that names the line */
export function readMarker(line: string, where: string): Marked {
  let rest = line.replace(MARKER, "").trim();
  const title = /^(?:(?!\[\w+\]|[A-Za-z_][\w.:-]*=).)*/s.exec(rest)?.[0] ?? "";
  rest = rest.slice(title.length);
  const [before = "", named] = TYPE.exec(rest) ?? [];
  rest = rest.slice(before.length);
  const pairs: [string, unknown][] = [];
  while (rest !== "") {
    const [begin = "", key = ""] = PAIR.exec(rest) ?? [];
    const end = begin === "" ? 0 : jsonEnd(rest, begin.length);
    const value = end === 0 ? undefined : parsed(rest.slice(begin.length, end));
    if (value === undefined)
      throw new InputError(
        "ERR_INPUT",
        `${where}: expected key=value with JSON as value, got ${rest.slice(0, 60)}. Write tags as tags=["name"].`,
      );
    pairs.push([key, value]);
    rest = rest.slice(end).trimStart();
  }
  const type =
    named === undefined || named === "code" ? "code" : named === "md" ? "markdown" : named;
  const own = Object.fromEntries(pairs.filter(([key]) => OWN.includes(key)));
  const metadata = {
    ...(title.trim() === "" ? {} : { title: title.trim() }),
    ...Object.fromEntries(pairs.filter(([key]) => !OWN.includes(key))),
    ...(own.metadata as JsonObject | undefined),
  };
  const { id, attachments, cell } = own;
  return {
    type,
    cell: {
      ...(id === undefined ? {} : { id }),
      metadata,
      ...(attachments === undefined ? {} : { attachments }),
      ...(cell as JsonObject | undefined),
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
