import { type Direction, MANY_HEADS, type Metric, type ScaleName } from "./data.ts";

/** Square window of a map, in tokens. */
export interface Viewport {
  readonly queryStart: number;
  readonly keyStart: number;
  readonly span: number;
}

export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

/** A head alone, or a mean: of its layer's heads, of heads of its number in all layers, of all heads. */
export type Over = "head" | "heads" | "layers" | "all";

export type MetricsOf = "run" | "runs";

/** Heads of whose maps one is the mean. */
export function meanedHeads(
  { place, over }: { readonly place: HeadPlace; readonly over: Over },
  headsByLayer: readonly number[],
): number {
  if (over === "head") return 1;
  if (over === "heads") return headsByLayer[place.layer] ?? 1;
  return headsByLayer.reduce((sum, count) => sum + (over === "all" ? count : 1), 0);
}

export interface Cell {
  readonly query: number;
  readonly key: number;
}

/** Everything the reader chose: one plain value, replaced at each change. */
export interface Looking {
  readonly scale: ScaleName;
  /** First tokens that are left out, and by whose weight nothing is scaled. */
  readonly nHidden: number;
  readonly poolKind: "mean" | "max";
  readonly direction: Direction;
  readonly sort: Metric | "layer";
  /** Weakest first. */
  readonly isAscending: boolean;
  /** How heads are shown: each as a small map or a coloured cell, or as a row of numbers. */
  readonly headsAs: "maps" | "metric" | "table";
  /** Whose metrics: the picture's run's, or the mean over the runs given with it. */
  readonly metricsOf: MetricsOf;
  /** What colours heads where they are not maps, and what is filtered by. */
  readonly metric: Metric;
  /** Heads whose metric is below are left out. */
  readonly atLeast: number;
  readonly group: "none" | "kind";
  /** What the map, and a row of the table, is the mean of. */
  readonly over: Over;
  readonly hasSums: boolean;
  /** The head under the keyboard in the overview. */
  readonly place: HeadPlace;
  readonly isOpen: boolean;
  readonly viewport: Viewport;
  /** The map's cell under the pointer or the keyboard. */
  readonly cell: Cell | null;
}

/** Of longer texts most weights are too small for a linear scale. */
const LINEAR_TOKENS = 512;

/** What is shown before anything was chosen. @param nHeads of all layers */
export function initialLooking(nTokens: number, nHeads: number): Looking {
  return {
    scale: nTokens > LINEAR_TOKENS ? "log" : "linear",
    nHidden: 0,
    poolKind: "max",
    direction: "from",
    sort: "layer",
    isAscending: false,
    metricsOf: "run",
    headsAs: nHeads > MANY_HEADS ? "metric" : "maps",
    metric: "previous",
    atLeast: 0,
    group: "none",
    over: "head",
    hasSums: false,
    place: { layer: 0, head: 0 },
    isOpen: false,
    viewport: { queryStart: 0, keyStart: 0, span: nTokens },
    cell: null,
  };
}

/** The cell moved by tokens, inside a map of nTokens; without one, the lit token with itself. */
export function cellMoved(
  cell: Cell | null,
  lit: number,
  [queries, keys]: readonly [queries: number, keys: number],
  nTokens: number,
): Cell {
  if (cell === null) return { query: lit, key: lit };
  const inside = (at: number): number => Math.min(nTokens - 1, Math.max(0, at));
  return { query: inside(cell.query + queries), key: inside(cell.key + keys) };
}

/** A viewport of `span` tokens around a cell, inside a map of nTokens. */
export function viewportAround(cell: Cell, span: number, nTokens: number): Viewport {
  const size = Math.min(nTokens, Math.max(8, span));
  const start = (centre: number): number =>
    Math.min(nTokens - size, Math.max(0, Math.round(centre - size / 2)));
  return { queryStart: start(cell.query), keyStart: start(cell.key), span: size };
}

/** The same viewport, moved just so far that the cell is inside. */
export function viewportWith(cell: Cell, viewport: Viewport): Viewport {
  const shift = (start: number, at: number): number =>
    at < start ? at : at >= start + viewport.span ? at - viewport.span + 1 : start;
  return {
    ...viewport,
    queryStart: shift(viewport.queryStart, cell.query),
    keyStart: shift(viewport.keyStart, cell.key),
  };
}

/** The same viewport, moved by tokens, inside a map of nTokens. */
export function viewportMoved(
  viewport: Viewport,
  queries: number,
  keys: number,
  nTokens: number,
): Viewport {
  const inside = (start: number): number =>
    Math.min(nTokens - viewport.span, Math.max(0, Math.round(start)));
  return {
    ...viewport,
    queryStart: inside(viewport.queryStart + queries),
    keyStart: inside(viewport.keyStart + keys),
  };
}

/** A viewport of another span, in which a cell stays where it is on the screen. */
export function viewportZoomed(
  viewport: Viewport,
  at: Cell,
  factor: number,
  nTokens: number,
): Viewport {
  const span = Math.min(nTokens, Math.max(8, Math.round(viewport.span * factor)));
  const start = (first: number, token: number): number =>
    Math.min(
      nTokens - span,
      Math.max(0, Math.round(token - ((token - first) / viewport.span) * span)),
    );
  return {
    queryStart: start(viewport.queryStart, at.query),
    keyStart: start(viewport.keyStart, at.key),
    span,
  };
}
