import { rgb } from "d3";
import { divergingScale } from "../render/diverging.ts";
import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import { columnLabels, markShapes, rowLabels } from "./cellLabels.ts";
import type { CellMapDrawing, MapCell, MapGeometry } from "./cellMapDrawing.ts";
import { labelLayout } from "./labelLayout.ts";
import { LEFT_OUT } from "./strengths.ts";

export interface CellMap {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(drawing: CellMapDrawing, theme: Theme, width: number): void;
}

const TALLEST = 620;
const SHADES = 256;

/** A matrix in colours, each number at its place: cells on a canvas; labels, marks and the lit cell in SVG over it. */
export function createCellMap(options: {
  readonly description: string;
  readonly label: string;
  readonly signal: AbortSignal;
  readonly onPoint: (cell: MapCell | null) => void;
  readonly onPin: (cell: MapCell) => void;
  readonly onClear: () => void;
}): CellMap {
  const { signal } = options;
  const canvas = element("canvas", {
    ...{ tabindex: 0, role: "application" },
    "aria-roledescription": options.description,
    "aria-label": `${options.label} Arrows move the cell, Home and End go to the ends of the row, Enter pins, Escape clears.`,
  });
  const overlay = svgElement("svg", { class: "vt-cells-overlay", "aria-hidden": "true" });
  const host = element(
    "div",
    { class: "vt-cells" },
    element("div", { class: "vt-cells-stage" }, canvas, overlay),
  );
  const pixels = document.createElement("canvas");
  let drawn: CellMapDrawing | null = null;
  let geometry: MapGeometry = {
    ...{ left: 60, top: 34, cellWidth: 4, cellHeight: 14, isTurned: false },
  };
  let painted: { readonly strengths: Float32Array; readonly key: string } | null = null;

  const cellAt = (event: MouseEvent): MapCell | null => {
    if (drawn === null) return null;
    const row = Math.floor((event.offsetY - geometry.top) / geometry.cellHeight);
    const column = Math.floor((event.offsetX - geometry.left) / geometry.cellWidth);
    const isInside = row >= 0 && column >= 0 && row < drawn.nRows && column < drawn.nColumns;
    return isInside ? { row, column } : null;
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
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (drawn === null) return;
      const { nRows, nColumns, cell } = drawn;
      const moved = movedBy(event.key, cell, nRows, nColumns);
      if (moved) {
        drawn = { ...drawn, cell: moved }; // the next key may come before the next frame
        options.onPoint(moved);
      } else if (event.key === "Enter") options.onPin(cell);
      else if (event.key === "Escape") options.onClear();
      else return;
      event.preventDefault();
    },
    { signal },
  );

  const measuring = document.createElement("canvas").getContext("2d");
  const known = new Map<string, number>();
  function textWidth(text: string, font: string): number {
    const key = `${font} ${text}`;
    const width = known.get(key);
    if (width !== undefined) return width;
    if (!measuring) throw new Error("This browser gives no 2D canvas.");
    measuring.font = font;
    known.set(key, measuring.measureText(text).width);
    return known.get(key) ?? 0;
  }

  /** One pixel for each cell; kept until numbers or theme change. */
  function paint({ strengths, nRows, nColumns, isSigned }: CellMapDrawing, theme: Theme): void {
    const key = `${nColumns} ${isSigned} ${theme.isDark}`;
    if (painted?.strengths === strengths && painted.key === key) return;
    painted = { strengths, key };
    pixels.width = nColumns;
    pixels.height = nRows;
    const context = pixels.getContext("2d");
    if (!context) throw new Error("This browser gives no 2D canvas.");
    const image = context.createImageData(nColumns, nRows);
    const colours = colourTable(theme, isSigned);
    strengths.forEach((strength, i) => {
      const shade = Number.isNaN(strength)
        ? 2 * SHADES + 1
        : strength === LEFT_OUT
          ? 2 * SHADES + 2
          : Math.round((strength + 1) * SHADES);
      image.data.set(colours[shade] ?? [], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  return {
    element: host,
    canvas,
    draw(drawing, theme, width) {
      drawn = drawing;
      const { nRows, nColumns } = drawing;
      const font = `600 11px ${theme.font}`; // the lit label is bold
      const widthOf = (text: string): number => textWidth(text, font);
      const rowTexts = Array.from({ length: nRows }, (_, row) => drawing.rowLabel(row));
      const left = 14 + Math.max(28, ...[drawing.rowTitle, ...rowTexts].map(widthOf));
      const areTexts = drawing.areColumnsTexts === true;
      const { isTurned, top, right, cellWidth } = labelLayout({
        widths: Array.from({ length: nColumns }, (_, column) =>
          areTexts ? widthOf(drawing.columnLabel(column)) : 0,
        ),
        ...{ areTexts, room: width - left },
      });
      const cellHeight = Math.max(2, Math.min(20, TALLEST / nRows));
      geometry = { left, top, cellWidth, cellHeight, isTurned };
      const full = { width: nColumns * cellWidth, height: nRows * cellHeight };
      paint(drawing, theme);
      const context = fitCanvas(canvas, left + full.width + right, top + full.height + 4);
      context.imageSmoothingEnabled = false;
      context.drawImage(pixels, 0, 0, nColumns, nRows, left, top, full.width, full.height);
      strokeGrid(context, theme, drawing, geometry);
      canvas.dataset.cells = [left, top, cellWidth, cellHeight].join(" ");
      overlay.setAttribute("width", String(left + full.width + right));
      overlay.setAttribute("height", String(top + full.height + 4));
      overlay.replaceChildren(
        ...rowLabels(drawing, geometry),
        ...columnLabels(drawing, geometry, widthOf),
        ...markShapes(drawing, geometry),
      );
    },
  };
}

function movedBy(
  key: string,
  { row, column }: MapCell,
  nRows: number,
  nColumns: number,
): MapCell | null {
  if (key === "Home") return { row, column: 0 };
  if (key === "End") return { row, column: nColumns - 1 };
  if (key === "ArrowUp") return { row: Math.max(0, row - 1), column };
  if (key === "ArrowDown") return { row: Math.min(nRows - 1, row + 1), column };
  if (key === "ArrowLeft") return { row, column: Math.max(0, column - 1) };
  if (key === "ArrowRight") return { row, column: Math.min(nColumns - 1, column + 1) };
  return null;
}

function strokeGrid(
  context: CanvasRenderingContext2D,
  theme: Theme,
  { nRows, nColumns, columnsPerGroup }: CellMapDrawing,
  { left, top, cellWidth, cellHeight }: MapGeometry,
): void {
  const [width, height] = [nColumns * cellWidth, nRows * cellHeight];
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
  if (columnsPerGroup === 0) return;
  context.strokeStyle = theme.muted;
  context.beginPath();
  for (let column = columnsPerGroup; column < nColumns; column += columnsPerGroup) {
    const x = Math.round(left + column * cellWidth) + 0.5;
    context.moveTo(x, top);
    context.lineTo(x, top + height);
  }
  context.stroke();
}

/** RGBA of -1 to 1 in steps, then of what has no number and of what was left out. */
function colourTable(theme: Theme, isSigned: boolean): readonly (readonly number[])[] {
  const signed = divergingScale(theme);
  const colour = (t: number): string =>
    isSigned ? signed(t) : t <= 0 ? theme.ground : rampColour(theme, t);
  const strengths = Array.from({ length: 2 * SHADES + 1 }, (_, i) => i / SHADES - 1);
  return [...strengths.map(colour), theme.ground, theme.mask].map((text) => {
    const { r, g, b } = rgb(text);
    return [r, g, b, 255];
  });
}
