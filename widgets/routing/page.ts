import type { DataTableOptions } from "../render/dataTable.ts";
import type { SelectionBus } from "../render/selection.ts";
import type { Shell } from "../render/shell.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import type { RoutingSourceState } from "./data.ts";
import type { RouteStore } from "./routeStore.ts";

/** What is looked at; the last of each that was pointed at stays. */
export interface RoutingPlace {
  /** Place among the MoE layers. */
  readonly row: number;
  readonly token: number;
  readonly expert: number;
}

/** What all pictures of the widget share. */
export interface RoutingPage {
  readonly shell: Shell;
  readonly bus: SelectionBus;
  readonly store: RouteStore;
  readonly layers: readonly number[];
  readonly nExperts: number;
  readonly k: number;
  readonly tokenTexts: readonly string[];
  readonly sources: readonly RoutingSourceState[];
  /** The compared run's place among the sources; -1: there is none. */
  readonly compared: number;
  readonly comparedTexts: readonly string[];
  /** (T) positions in the compared run; -1: the token is in this run alone. Empty where nothing is compared. */
  readonly partners: Int32Array;
  readonly place: RoutingPlace;
  /** Null where nothing is pinned; parts of it, where nothing was said of them. */
  readonly pinned: { readonly [Part in keyof RoutingPlace]: number | null } | null;
  /** Tells all pictures of the run where the reader points; null: nowhere. */
  point(place: Partial<RoutingPlace> | null): void;
  pin(place: Partial<RoutingPlace>): void;
  clear(): void;
  schedule(): void;
}

/** One of the widget's pictures. */
export interface RoutingTab {
  readonly element: HTMLElement;
  readonly help: string;
  readonly table: DataTableOptions;
  /** Called while it is the one that is shown. */
  draw(): void;
}

/** How the layer's number is written in a narrow place. */
export const layerLabel = (page: Pick<RoutingPage, "layers">, row: number): string =>
  `L${page.layers[row] ?? ""}`;

/** The pinned cell of a map with layers down. */
export function pinnedCell(
  { pinned }: Pick<RoutingPage, "pinned">,
  across: "expert" | "token",
): MapCell | null {
  const column = pinned?.[across] ?? null;
  const row = pinned?.row ?? null;
  return row === null || column === null ? null : { row, column };
}
