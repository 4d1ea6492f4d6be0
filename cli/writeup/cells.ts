import { isObject, type JsonObject } from "../../kernel/server/contents/jsonObject.ts";

/** Whether a cell has a tag. */
export function hasTag(cell: JsonObject, tag: string): boolean {
  const tags = isObject(cell.metadata) ? cell.metadata.tags : undefined;
  return Array.isArray(tags) && tags.includes(tag);
}

/** A cell's source; empty where it has none. */
export const sourceOf = ({ source }: JsonObject): string =>
  typeof source === "string" ? source : "";

/** Outputs of a code cell; none where a foreign program left them out. */
export const outputsOf = ({ outputs }: JsonObject): readonly JsonObject[] =>
  Array.isArray(outputs) ? outputs.filter(isObject) : [];

/** A cell as people find it: its place among all cells, from 1, and its id where it has one. */
export const cellName = ({ id }: JsonObject, index: number): string =>
  `cell ${index + 1}${typeof id === "string" ? ` (${id})` : ""}`;
