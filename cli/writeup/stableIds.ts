import type { CellOutput, SavedWidgets } from "../../kernel/client/index.ts";

/** What a run leaves in a notebook. */
export interface Shown {
  /** Of each cell that ran. */
  readonly outputs: readonly (readonly CellOutput[])[];
  readonly widgets: SavedWidgets;
}

/**
 * The same with ids of widgets that follow from their order, in the place of random ones: the same run then gives the same bytes.
 * Ids stand as keys, as whole texts and behind `IPY_MODEL_`.
 */
export function withStableIds({ outputs, widgets }: Shown): Shown {
  const text = JSON.stringify(outputs);
  const places = Object.keys(widgets).map((id) => ({ id, place: text.indexOf(id) }));
  const shownFirst = places.sort((a, b) => rank(a.place) - rank(b.place));
  const names = new Map(shownFirst.map(({ id }, i) => [id, `widget-${i + 1}`]));
  return renamed({ outputs, widgets }, names) as Shown;
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
