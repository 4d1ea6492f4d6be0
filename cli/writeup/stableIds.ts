import { createHash } from "node:crypto";
import type { CellOutput, SavedWidgets } from "../../kernel/client/index.ts";
import { isRunId, stableRunId } from "./runId.ts";

/** What a run leaves in a notebook. */
export interface Shown {
  /** Of each cell that ran. */
  readonly outputs: readonly (readonly CellOutput[])[];
  readonly widgets: SavedWidgets;
}

/**
 * The same with ids of widgets and runs that follow from their order, in the place of random ones: the same run then gives the same
 * bytes. Ids stand as keys, as whole texts and behind `IPY_MODEL_`.
 * @param sources of the cells, by which runs of several notebooks are told apart
 */
export function withStableIds({ outputs, widgets }: Shown, sources: readonly string[]): Shown {
  const text = JSON.stringify(outputs);
  const places = Object.keys(widgets).map((id) => ({ id, place: text.indexOf(id) }));
  const shownFirst = places.sort((a, b) => rank(a.place) - rank(b.place));
  const names = new Map(shownFirst.map(({ id }, i) => [id, `widget-${i + 1}`]));
  const hash = createHash("sha256").update(JSON.stringify(sources)).digest("hex").slice(0, 8);
  const runs = new Set(shownFirst.flatMap(({ id }) => [...runIds(widgets[id]?.state)]));
  for (const [i, id] of [...runs].entries()) names.set(id, stableRunId(i + 1, hash));
  return renamed({ outputs, widgets }, names) as Shown;
}

function* runIds(value: unknown): Generator<string> {
  if (typeof value === "string") {
    if (isRunId(value)) yield value;
  } else if (typeof value === "object" && value !== null) {
    for (const each of Object.values(value)) yield* runIds(each);
  }
}

/** Widgets that no output names come last, in the order in which they were made. */
const rank = (place: number): number => (place < 0 ? Number.MAX_SAFE_INTEGER : place);

const REFERENCE = "IPY_MODEL_";

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") {
    const isReference = value.startsWith(REFERENCE);
    const name = names.get(isReference ? value.slice(REFERENCE.length) : value);
    return name === undefined ? value : `${isReference ? REFERENCE : ""}${name}`;
  }
  if (Array.isArray(value)) return value.map((each) => renamed(each, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [names.get(key) ?? key, renamed(each, names)]),
  );
}
