import { ticks } from "d3";
import { svgElement } from "../render/element.ts";
import type { CellMapDrawing, CellMark, MapCell, MapGeometry } from "./cellMapDrawing.ts";

/** Labels need so many pixels. */
const ROW_PIXELS = 12;
const COLUMN_PIXELS = 44;
const LIT_PIXELS = 34;

export function rowLabels(drawing: CellMapDrawing, geometry: MapGeometry): SVGElement[] {
  const { nRows, rowLabel, rowTitle, cell } = drawing;
  const { left, top, cellHeight } = geometry;
  const every = Math.max(1, Math.ceil(ROW_PIXELS / cellHeight));
  const shown = Array.from({ length: nRows }, (_, row) => row).filter(
    (row) => row === cell.row || (row % every === 0 && Math.abs(row - cell.row) >= every),
  );
  const title = svgElement(
    "text",
    { x: left - 6, y: top - 20, class: "vt-label", "text-anchor": "end" },
    rowTitle,
  );
  const labels = shown.map((row) =>
    svgElement(
      "text",
      {
        ...{ x: left - 6, y: top + (row + 0.5) * cellHeight, "text-anchor": "end" },
        class: row === cell.row ? "vt-label vt-lit" : "vt-label",
        "dominant-baseline": "central",
      },
      rowLabel(row),
    ),
  );
  return [title, ...labels];
}

export function columnLabels(drawing: CellMapDrawing, geometry: MapGeometry): SVGElement[] {
  const { nColumns, columnLabel, columnTitle, cell } = drawing;
  const { left, top, cellWidth } = geometry;
  const xOf = (column: number): number => left + (column + 0.5) * cellWidth;
  const wanted = Math.max(1, Math.floor((nColumns * cellWidth) / COLUMN_PIXELS));
  const all =
    wanted >= nColumns
      ? Array.from({ length: nColumns }, (_, i) => i)
      : ticks(0, nColumns - 1, wanted);
  const lit = cell.column;
  const shown = all.filter(
    (column) =>
      Number.isInteger(column) &&
      (column === lit || Math.abs(xOf(column) - xOf(lit)) >= LIT_PIXELS),
  );
  const label = (column: number): SVGElement =>
    svgElement(
      "text",
      {
        ...{ x: xOf(column), y: top - 6, "text-anchor": "middle" },
        class: column === lit ? "vt-label vt-lit" : "vt-label",
      },
      columnLabel(column),
    );
  return [
    svgElement("text", { x: left, y: top - 20, class: "vt-label" }, columnTitle),
    ...shown.map(label),
    ...(shown.includes(lit) ? [] : [label(lit)]),
  ];
}

/** Marks, the pinned cell and the lit one. */
export function markShapes(drawing: CellMapDrawing, geometry: MapGeometry): SVGElement[] {
  const { marks, cell, pinned } = drawing;
  return [
    ...marks.map((mark) => markShape(mark, geometry)),
    ...(pinned ? [frame(pinned, geometry, "vt-cells-pinned")] : []),
    frame(cell, geometry, "vt-cells-cell"),
  ];
}

function frame({ row, column }: MapCell, geometry: MapGeometry, name: string): SVGElement {
  const { left, top, cellWidth, cellHeight } = geometry;
  const width = Math.max(3, cellWidth);
  return svgElement("rect", {
    x: left + (column + 0.5) * cellWidth - width / 2 - 1,
    y: top + row * cellHeight - 1,
    width: width + 2,
    height: cellHeight + 2,
    class: name,
  });
}

/** next: a hollow box; gained: a bar under the cell; lost: a cross; other: a bar over it. */
function markShape({ row, column, kind }: CellMark, geometry: MapGeometry): SVGElement {
  const { left, top, cellWidth, cellHeight } = geometry;
  const width = Math.max(3, cellWidth - 1);
  const x = left + (column + 0.5) * cellWidth - width / 2;
  const y = top + row * cellHeight;
  const shape = (d: string): SVGElement =>
    svgElement("path", { d, class: `vt-mark-${kind}`, "data-row": row, "data-column": column });
  if (kind === "gained") return shape(`M${x} ${y + cellHeight - 1}h${width}`);
  if (kind === "other") return shape(`M${x} ${y + 1}h${width}`);
  if (kind === "next") return shape(`M${x} ${y + 1.5}h${width}v${cellHeight - 3}h${-width}z`);
  return shape(
    `M${x} ${y + 2}l${width} ${cellHeight - 4}M${x + width} ${y + 2}l${-width} ${cellHeight - 4}`,
  );
}
