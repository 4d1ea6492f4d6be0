import type { Direction, Metric, ScaleName } from "./data.ts";

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

export interface Cell {
  readonly query: number;
  readonly key: number;
}

/** Everything the reader chose: one plain value, replaced at each change. */
export interface Looking {
  readonly scale: ScaleName;
  readonly hideFirst: boolean;
  readonly poolKind: "mean" | "max";
  readonly direction: Direction;
  readonly sort: Metric | "layer";
  /** The head under the keyboard in the overview. */
  readonly place: HeadPlace;
  readonly isOpen: boolean;
  readonly viewport: Viewport;
  /** The map's cell under the pointer or the keyboard. */
  readonly cell: Cell | null;
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
