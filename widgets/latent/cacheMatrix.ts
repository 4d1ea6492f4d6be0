import { rgb, ticks } from "d3";
import { divergingScale } from "../render/diverging.ts";
import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { cellsOf, type ScaleName, shadeCells } from "./data.ts";
import type { MatrixTile } from "./matrixStore.ts";

export interface MatrixCell {
  readonly row: number;
  readonly column: number;
}

interface MatrixDrawing {
  /** Null while it is on its way: then this is said instead. */
  readonly tile: MatrixTile | null;
  readonly instead: string;
  readonly scale: ScaleName;
  /** Tokens that are in the cache; rows behind them are empty. */
  readonly nShown: number;
  readonly litRow: number | null;
  readonly pinnedRow: number | null;
  readonly column: number;
  readonly rotaryFrom: number | null;
}

export interface CacheMatrix {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(drawing: MatrixDrawing, theme: Theme, width: number): void;
}

const LABEL_LENGTH = 12;
const TOP = 34;
/** Rows need this many pixels for a label of their own. */
const LABELLED_ROW = 11;
const TALLEST = 520;
const EMPTY_HEIGHT = 160;
const SHADES = 256;

/** Tokens down, columns across, colours on a canvas; labels, the lit row and the chosen cell in SVG over it. */
export function createCacheMatrix(options: {
  readonly tokenTexts: readonly string[];
  readonly signal: AbortSignal;
  readonly onPoint: (cell: MatrixCell | null) => void;
  readonly onPin: (cell: MatrixCell) => void;
}): CacheMatrix {
  const { tokenTexts, signal } = options;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "numbers of a cache",
    "aria-label":
      "Numbers of the cache, tokens down, columns across. Arrows move the cell, Home and End go to the ends of the row, Enter pins the token, Escape clears, plus and minus zoom, brackets change the head, Page Up and Page Down the layer.",
  });
  const overlay = svgElement("svg", { class: "vt-latent-overlay", "aria-hidden": "true" });
  const stage = element("div", { class: "vt-latent-stage" }, canvas, overlay);
  const host = element("div", { class: "vt-latent-matrix" }, stage);
  const pixels = document.createElement("canvas");
  let geometry = { left: 60, cellWidth: 4, cellHeight: 14 };
  let drawn: MatrixTile | null = null;
  let nShown = 0;
  let painted = "";
  let paintedTile: MatrixTile | null = null;

  const cellAt = (event: MouseEvent): MatrixCell | null => {
    if (drawn === null) return null;
    const { rowStart, columnStart, rowPool, columnPool } = drawn.window;
    const { rows, columns } = cellsOf(drawn.window);
    const r = Math.floor((event.offsetY - TOP) / geometry.cellHeight);
    const c = Math.floor((event.offsetX - geometry.left) / geometry.cellWidth);
    if (r < 0 || c < 0 || r >= rows || c >= columns) return null;
    const cell = { row: rowStart + r * rowPool, column: columnStart + c * columnPool };
    return cell.row < nShown ? cell : null;
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

  /** The tile's colours, one pixel for each cell; kept until tile, scale or theme change. */
  function paint({ cells, window, statistics }: MatrixTile, scale: ScaleName, theme: Theme): void {
    const { rows, columns } = cellsOf(window);
    pixels.width = columns;
    pixels.height = rows;
    const context = pixels.getContext("2d");
    if (!context) throw new Error("This browser gives no 2D canvas.");
    const image = context.createImageData(columns, rows);
    const table = colourTable(theme);
    shadeCells(cells, scale, statistics.largest).forEach((t, i) => {
      const at = Number.isNaN(t) ? 2 * SHADES + 1 : Math.round((t + 1) * SHADES);
      image.data.set(table[at] ?? [], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  return {
    element: host,
    canvas,
    draw(drawing, theme, width) {
      const { tile, scale } = drawing;
      drawn = tile;
      nShown = drawing.nShown;
      const left = 12 + 7 * longestLabel(tokenTexts);
      if (tile === null) {
        const context = fitCanvas(canvas, Math.max(left + 80, width), EMPTY_HEIGHT);
        context.fillStyle = theme.muted;
        context.font = `12px ${theme.font}`;
        context.fillText(drawing.instead, left, EMPTY_HEIGHT / 2, width - left - 8);
        overlay.replaceChildren();
        return;
      }
      const { rows, columns } = cellsOf(tile.window);
      const cellHeight = Math.max(1, Math.min(18, TALLEST / rows));
      const cellWidth = Math.max(1, Math.min(96, (width - left - 8) / columns));
      geometry = { left, cellWidth, cellHeight };
      const key = `${scale} ${theme.isDark}`;
      if (paintedTile !== tile || painted !== key) paint(tile, scale, theme);
      paintedTile = tile;
      painted = key;
      const full = { width: columns * cellWidth, height: rows * cellHeight };
      const context = fitCanvas(canvas, left + full.width + 8, TOP + full.height + 4);
      context.imageSmoothingEnabled = false;
      context.drawImage(pixels, 0, 0, columns, rows, left, TOP, full.width, full.height);
      const kept = rowsKept(tile, nShown) * cellHeight;
      hatch(context, theme, { x: left, y: TOP + kept, ...full, height: full.height - kept });
      context.strokeStyle = theme.faint;
      context.lineWidth = 1;
      context.strokeRect(left - 0.5, TOP - 0.5, full.width + 1, full.height + 1);
      overlay.setAttribute("width", String(left + full.width + 8));
      overlay.setAttribute("height", String(TOP + full.height + 4));
      overlay.replaceChildren(
        ...rowLabels(tile, drawing, geometry),
        ...columnLabels(tile, drawing, geometry),
        ...marks(tile, drawing, geometry),
      );
    },
  };

  function rowLabels(
    { window }: MatrixTile,
    { litRow, pinnedRow }: MatrixDrawing,
    { left, cellHeight }: Geometry,
  ): SVGElement[] {
    const { rows } = cellsOf(window);
    const all = Array.from({ length: rows }, (_, r) => window.rowStart + r * window.rowPool);
    const isLit = (row: number): boolean =>
      litRow !== null && blockHas(row, window.rowPool, litRow);
    const lit = all.filter(isLit);
    const roomy =
      cellHeight >= LABELLED_ROW
        ? all
        : ticks(0, rows - 1, Math.max(2, Math.floor((rows * cellHeight) / 40)))
            .filter(Number.isInteger)
            .map((r) => all[r] ?? 0)
            .filter((row) => lit.every((at) => far(at, row, window.rowPool, cellHeight)));
    return [...new Set([...roomy, ...lit])].map((row) => {
      const shownRow = isLit(row) && litRow !== null ? litRow : row;
      const isPinned = pinnedRow !== null && blockHas(row, window.rowPool, pinnedRow);
      const text = shortToken(tokenTexts[shownRow] ?? "", LABEL_LENGTH);
      return svgElement(
        "text",
        {
          x: left - 6,
          y: TOP + ((row - window.rowStart) / window.rowPool + 0.5) * cellHeight,
          class: isLit(row) ? "vt-label vt-lit" : "vt-label",
          "text-anchor": "end",
          "dominant-baseline": "central",
        },
        isPinned ? `▸${text}` : text,
      );
    });
  }

  function columnLabels(
    { window }: MatrixTile,
    { column, rotaryFrom }: MatrixDrawing,
    { left, cellWidth }: Geometry,
  ): SVGElement[] {
    const { columnStart, columnCount, columnPool } = window;
    const xOf = (c: number): number => left + (0.5 + (c - columnStart) / columnPool) * cellWidth;
    const label = (c: number, name: string): SVGElement =>
      svgElement(
        "text",
        { x: xOf(c), y: TOP - 6, class: name, "text-anchor": "middle" },
        String(c),
      );
    const wide = (columnCount / columnPool) * cellWidth;
    const numbers = ticks(columnStart, columnStart + columnCount - 1, Math.max(1, wide / 60))
      .filter((c) => Number.isInteger(c) && Math.abs(xOf(c) - xOf(column)) > 26)
      .map((c) => label(c, "vt-label"));
    if (rotaryFrom === null || rotaryFrom >= columnStart + columnCount)
      return [...numbers, label(column, "vt-label vt-lit")];
    const x = Math.max(left, left + ((rotaryFrom - columnStart) / columnPool) * cellWidth);
    return [
      ...numbers,
      label(column, "vt-label vt-lit"),
      svgElement(
        "text",
        { x: left + wide, y: TOP - 21, class: "vt-label", "text-anchor": "end" },
        "rotary key, shared by all heads",
      ),
      svgElement("path", { class: "vt-rotary", d: `M${x} ${TOP - 18}H${left + wide}` }),
    ];
  }

  function marks(
    { window }: MatrixTile,
    { litRow, column }: MatrixDrawing,
    { left, cellWidth, cellHeight }: Geometry,
  ): SVGElement[] {
    const { rowStart, rowCount, rowPool, columnStart, columnPool } = window;
    if (litRow === null || litRow < rowStart || litRow >= rowStart + rowCount) return [];
    const y = TOP + Math.floor((litRow - rowStart) / rowPool) * cellHeight;
    const { columns } = cellsOf(window);
    const x = left + Math.floor((column - columnStart) / columnPool) * cellWidth;
    const high = Math.max(cellHeight, 2);
    return [
      svgElement("rect", {
        ...{ x: left, y, width: columns * cellWidth, height: high },
        class: "vt-cross",
      }),
      svgElement("rect", {
        ...{ x: x - 0.5, y: y - 0.5, width: Math.max(cellWidth, 3) + 1, height: high + 1 },
        class: "vt-cell",
      }),
    ];
  }
}

interface Geometry {
  readonly left: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

const blockHas = (start: number, pool: number, row: number): boolean =>
  row >= start && row < start + pool;

const far = (a: number, b: number, pool: number, cellHeight: number): boolean =>
  (Math.abs(a - b) / pool) * cellHeight > LABELLED_ROW;

/** Rows of cells all of whose tokens are in the cache. */
function rowsKept({ window }: MatrixTile, nShown: number): number {
  const { rowStart, rowCount, rowPool } = window;
  const tokens = Math.max(0, Math.min(rowCount, nShown - rowStart));
  return tokens === rowCount ? cellsOf(window).rows : Math.floor(tokens / rowPool);
}

/** What is not in the cache yet. */
function hatch(
  context: CanvasRenderingContext2D,
  theme: Theme,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  if (box.height <= 0) return;
  context.fillStyle = theme.ground;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.strokeStyle = theme.faint;
  context.beginPath();
  for (let x = box.x - box.height; x < box.x + box.width; x += 8) {
    context.moveTo(x, box.y + box.height);
    context.lineTo(x + box.height, box.y);
  }
  context.stroke();
  context.restore();
}

/** RGBA of -1 to 1 in steps, then of what is not finite. */
function colourTable(theme: Theme): readonly (readonly number[])[] {
  const colour = divergingScale(theme);
  const strengths = Array.from({ length: 2 * SHADES + 1 }, (_, i) => i / SHADES - 1);
  return [...strengths, Number.NaN].map((t) => {
    const { r, g, b } = rgb(colour(t));
    return [r, g, b, 255];
  });
}

function longestLabel(texts: readonly string[]): number {
  let longest = 3;
  for (const text of texts)
    longest = Math.max(longest, Math.min(LABEL_LENGTH, shortToken(text, LABEL_LENGTH).length));
  return longest + 1;
}
