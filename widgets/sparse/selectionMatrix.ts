import { ticks } from "d3";
import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { percent } from "../render/formatNumber.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { MassRows } from "./data.ts";
import { drawMassStrip, STRIP_WIDTH } from "./massStrip.ts";
import { paintCells, type ScaleName } from "./paintCells.ts";
import { cellsOf } from "./pool.ts";
import type { Tile } from "./store.ts";

export interface Cell {
  readonly query: number;
  readonly key: number;
}

export interface MatrixDrawing {
  /** Null while it is on its way: then this is said instead. */
  readonly tile: Tile | null;
  readonly instead: string;
  /** The same window's kept keys, marked where cells are large enough; null where they are not known. */
  readonly kept: Tile | null;
  readonly scale: ScaleName;
  readonly mass: MassRows | null;
  readonly litQuery: number | null;
  readonly pinnedQuery: number | null;
  readonly key: number;
}

const LABEL_LENGTH = 12;
const TOP = 34;
const GAP = 14;
/** Rows need this many pixels for a label of their own. */
const LABELLED_ROW = 11;
const LARGEST_SIDE = 600;
const EMPTY_HEIGHT = 200;

/** Queries down, keys across, colours on a canvas, and beside each row what its query dropped; labels and marks in SVG over it. */
export function createSelectionMatrix(options: {
  readonly tokenTexts: readonly string[];
  readonly signal: AbortSignal;
  readonly onPoint: (cell: Cell | null) => void;
  readonly onPin: (cell: Cell) => void;
}) {
  const { tokenTexts, signal } = options;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "keys that queries kept",
    "aria-label":
      "Queries down, keys across. Arrows move the cell, Home and End go to the first key and to the query itself, Enter pins the query, Escape clears, plus and minus zoom, brackets change the head, Page Up and Page Down the layer.",
  });
  const overlay = svgElement("svg", { class: "vt-sparse-overlay", "aria-hidden": "true" });
  const stage = element("div", { class: "vt-sparse-stage" }, canvas, overlay);
  const host = element("div", { class: "vt-sparse-matrix" }, stage);
  const pixels = document.createElement("canvas");
  let geometry = { left: 60, cellWidth: 4, cellHeight: 4, side: 0 };
  let drawn: Tile | null = null;

  const cellAt = (event: MouseEvent): Cell | null => {
    if (drawn === null) return null;
    const { window } = drawn;
    const { rows, columns } = cellsOf(window);
    const r = Math.floor((event.offsetY - TOP) / geometry.cellHeight);
    const c = Math.floor((event.offsetX - geometry.left) / geometry.cellWidth);
    if (
      r < 0 ||
      r >= rows ||
      c < 0 ||
      event.offsetX > geometry.left + geometry.side + GAP + STRIP_WIDTH
    )
      return null;
    const query = window.rowStart + r * window.rowPool;
    const key = window.columnStart + Math.min(c, columns - 1) * window.columnPool;
    return { query, key: Math.min(key, query) };
  };
  canvas.addEventListener("pointermove", (e) => options.onPoint(cellAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => options.onPoint(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const cell = cellAt(e);
      if (cell) options.onPin(cell);
    },
    { signal },
  );

  function draw(drawing: MatrixDrawing, theme: Theme, width: number): void {
    const { tile } = drawing;
    drawn = tile;
    const left = 12 + 7 * longestLabel(tokenTexts);
    const beside = GAP + STRIP_WIDTH + 8;
    if (tile === null) {
      const context = fitCanvas(canvas, Math.max(left + 80, width), EMPTY_HEIGHT);
      context.fillStyle = theme.muted;
      context.font = `12px ${theme.font}`;
      context.fillText(drawing.instead, left, EMPTY_HEIGHT / 2, Math.max(60, width - left - 8));
      overlay.replaceChildren();
      return;
    }
    const { window } = tile;
    const { rows, columns } = cellsOf(window);
    const side = Math.max(120, Math.min(LARGEST_SIDE, width - left - beside, 34 * columns));
    geometry = { left, side, cellWidth: side / columns, cellHeight: side / rows };
    paintCells(pixels, tile, { rows, columns }, drawing.scale, theme);
    const context = fitCanvas(canvas, left + side + beside, TOP + side + 4);
    context.imageSmoothingEnabled = false;
    context.drawImage(pixels, 0, 0, columns, rows, left, TOP, side, side);
    if (drawing.kept !== null) markKept(context, drawing.kept, theme);
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, TOP - 0.5, side + 1, side + 1);
    const strip = { x: left + side + GAP, y: TOP, cellHeight: geometry.cellHeight };
    drawMassStrip(context, drawing.mass, window, strip, theme);
    overlay.setAttribute("width", String(left + side + beside));
    overlay.setAttribute("height", String(TOP + side + 4));
    overlay.replaceChildren(
      ...queryLabels(tile, drawing),
      ...keyLabels(tile, drawing),
      ...stripLabels(strip.x),
      ...marks(tile, drawing),
    );
  }

  /** A dot in the cell of each key that was kept. */
  function markKept(
    context: CanvasRenderingContext2D,
    { cells, window }: Tile,
    theme: Theme,
  ): void {
    const { left, cellWidth, cellHeight } = geometry;
    const { rows, columns } = cellsOf(window);
    const radius = Math.min(3, cellHeight / 5);
    context.fillStyle = theme.ink;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        if (cells[r * columns + c] !== 1) continue;
        context.beginPath();
        context.arc(left + (c + 0.5) * cellWidth, TOP + (r + 0.5) * cellHeight, radius, 0, 7);
        context.fill();
      }
  }

  function queryLabels({ window }: Tile, { litQuery, pinnedQuery }: MatrixDrawing): SVGElement[] {
    const { left, cellHeight } = geometry;
    const { rows } = cellsOf(window);
    const all = Array.from({ length: rows }, (_, r) => window.rowStart + r * window.rowPool);
    const has = (row: number, token: number | null): boolean =>
      token !== null && token >= row && token < row + window.rowPool;
    const lit = all.filter((row) => has(row, litQuery));
    const every = Math.max(1, Math.ceil(40 / cellHeight));
    const apart = (row: number): boolean =>
      lit.every((at) => (Math.abs(at - row) / window.rowPool) * cellHeight > LABELLED_ROW);
    const roomy =
      cellHeight >= LABELLED_ROW ? all : all.filter((row, r) => r % every === 0 && apart(row));
    return [...new Set([...roomy, ...lit])].map((row) => {
      const isLit = has(row, litQuery);
      const text = shortToken(
        tokenTexts[isLit && litQuery !== null ? litQuery : row] ?? "",
        LABEL_LENGTH,
      );
      return svgElement(
        "text",
        {
          x: left - 6,
          y: TOP + ((row - window.rowStart) / window.rowPool + 0.5) * cellHeight,
          class: isLit ? "vt-label vt-lit" : "vt-label",
          "text-anchor": "end",
          "dominant-baseline": "central",
        },
        has(row, pinnedQuery) ? `▸${text}` : text,
      );
    });
  }

  function keyLabels({ window }: Tile, { key }: MatrixDrawing): SVGElement[] {
    const { left, cellWidth, side } = geometry;
    const { columnStart, columnCount, columnPool } = window;
    const xOf = (at: number): number =>
      left + (0.5 + Math.floor((at - columnStart) / columnPool)) * cellWidth;
    const label = (at: number, name: string): SVGElement =>
      svgElement(
        "text",
        { x: xOf(at), y: TOP - 6, class: name, "text-anchor": "middle" },
        String(at),
      );
    const numbers = ticks(columnStart, columnStart + columnCount - 1, Math.max(1, side / 60))
      .filter((at) => Number.isInteger(at) && Math.abs(xOf(at) - xOf(key)) > 22)
      .map((at) => label(at, "vt-label"));
    const isShown = key >= columnStart && key < columnStart + columnCount;
    return [
      svgElement("text", { x: left, y: TOP - 21, class: "vt-label" }, "keys by position"),
      ...numbers,
      ...(isShown ? [label(key, "vt-label vt-lit")] : []),
    ];
  }

  function stripLabels(x: number): SVGElement[] {
    const at = (share: number, anchor: string): SVGElement =>
      svgElement(
        "text",
        { x: x + share * STRIP_WIDTH, y: TOP - 6, class: "vt-label", "text-anchor": anchor },
        percent(share).replace(".0", ""),
      );
    return [
      svgElement("text", { x, y: TOP - 21, class: "vt-label" }, "dropped mass"),
      at(0, "start"),
      at(1, "end"),
    ];
  }

  function marks({ window }: Tile, { litQuery, key }: MatrixDrawing): SVGElement[] {
    const { left, side, cellWidth, cellHeight } = geometry;
    const { rowStart, rowCount, rowPool, columnStart, columnCount, columnPool } = window;
    if (litQuery === null || litQuery < rowStart || litQuery >= rowStart + rowCount) return [];
    const y = TOP + Math.floor((litQuery - rowStart) / rowPool) * cellHeight;
    const high = Math.max(cellHeight, 2);
    const across = { x: left, y, width: side + GAP + STRIP_WIDTH, height: high };
    const row = svgElement("rect", { ...across, class: "vt-cross" });
    if (key < columnStart || key >= columnStart + columnCount) return [row];
    const x = left + Math.floor((key - columnStart) / columnPool) * cellWidth;
    return [
      row,
      svgElement("rect", {
        ...{ x: x - 0.5, y: y - 0.5, width: Math.max(cellWidth, 3) + 1, height: high + 1 },
        class: "vt-cell",
      }),
    ];
  }

  return { element: host, canvas, draw };
}

function longestLabel(texts: readonly string[]): number {
  let longest = 3;
  for (const text of texts)
    longest = Math.max(longest, Math.min(LABEL_LENGTH, shortToken(text, LABEL_LENGTH).length));
  return longest + 1;
}
