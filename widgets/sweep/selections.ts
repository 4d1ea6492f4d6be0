import type { SelectionState } from "../render/selection.ts";
import { indicesOf, type SweepAxisRecord, type SweepState } from "./data.ts";

type Part = "layer" | "token" | "head";
type Selected = Readonly<Partial<Record<Part, number>>>;

const PARTS: Readonly<Record<SweepAxisRecord["name"], Part>> = {
  layer: "layer",
  position: "token",
  head: "head",
};

type Known = Pick<SweepState, "axes" | "runTokens">;

/** What a cell is in the pictures of the run: its layer, head and token, as far as the sweep has them. */
export function selectionOf(state: Known, cell: number): Selected {
  const indices = indicesOf(state, cell);
  return Object.fromEntries(
    state.axes.map((axis, i) => {
      const value = axis.values[indices[i] ?? 0] ?? 0;
      return [PARTS[axis.name], value < 0 ? value + (state.runTokens ?? 0) : value];
    }),
  );
}

/** The index along an axis of what is selected; null where nothing is, or the sweep left it out. */
export function litIndex(
  { runTokens }: Pick<SweepState, "runTokens">,
  axis: SweepAxisRecord | null,
  selection: SelectionState["hovered"],
): number | null {
  const value = axis === null ? null : (selection?.[PARTS[axis.name]] ?? null);
  if (axis === null || value === null) return null;
  const index = axis.values.findIndex(
    (each) => (each < 0 ? each + (runTokens ?? 0) : each) === value,
  );
  return index < 0 ? null : index;
}
