import { isObject } from "./json.ts";

const HOST = Symbol.for("vitrine.kernelHost");

/** A notebook's cell: the front end's id of it, null where it sends none, and its text. */
export interface SourceCell {
  readonly id: string | null;
  readonly source: string;
}

/** The notebook's cell that the code at hand belongs to, where the process runs one and says so; null elsewhere. */
export function hostCell(): SourceCell | null {
  const host = (globalThis as { [HOST]?: { readonly sourceCell?: unknown } })[HOST];
  const cell = host?.sourceCell;
  if (!isObject(cell) || typeof cell.source !== "string") return null;
  return { id: typeof cell.id === "string" ? cell.id : null, source: cell.source };
}
