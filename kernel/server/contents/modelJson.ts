import type { ContentsModel } from "./contentsModel.ts";
import { isObject } from "./jsonObject.ts";
import type { Notebook } from "./notebookFormat.ts";

/** Characters of a text that are written in one go. */
const PIECE = 512 * 2 ** 10;

/** A model as JSON in pieces, for one that is too long to be written in one go. */
export function* modelJson(model: ContentsModel): Generator<string> {
  const { content, ...rest } = model;
  yield `${JSON.stringify(rest).slice(0, -1)},"content":`;
  if (typeof content === "string") yield* textJson(content);
  else if (isObject(content)) yield* notebookJson(content as Notebook);
  else yield JSON.stringify(content);
  yield "}";
}

/** Halves of a character come out as escapes that join to it again. */
function* textJson(text: string): Generator<string> {
  yield '"';
  for (let start = 0; start < text.length; start += PIECE)
    yield JSON.stringify(text.slice(start, start + PIECE)).slice(1, -1);
  yield '"';
}

function* notebookJson({ cells, ...rest }: Notebook): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"cells":[`;
  for (const [index, cell] of cells.entries())
    yield `${index === 0 ? "" : ","}${JSON.stringify(cell)}`;
  yield "]}";
}
