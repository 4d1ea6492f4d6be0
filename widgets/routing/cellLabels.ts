import { ticks } from "d3";
import { svgElement } from "../render/element.ts";
import type { CellMapDrawing, CellMark, MapCell, MapGeometry } from "./cellMapDrawing.ts";
import { labelsApart, TURNED_BY } from "./labelLayout.ts";

/** Labels need so many pixels. */
const ROW_PIXELS = 12;
const COLUMN_PIXELS = 44;
/** Baseline of the titles from the top. */
const TITLE_Y = 14;

export function rowLabels(drawing: CellMapDrawing, geometry: MapGeometry): SVGElement[] {
  const { nRows, rowLabel, rowTitle, cell } = drawing;
  const { left, top, cellHeight } = geometry;
  const every = Math.max(1, Math.ceil(ROW_PIXELS / cellHeight));
  const shown = Array.from({ length: nRows }, (_, row) => row).filter(
    (row) => row === cell.row || (row % every === 0 && Math.abs(row - cell.row) >= every),
  );
  const title = svgElement(
    "text",
    { x: left - 6, y: TITLE_Y, class: "vt-label", "text-anchor": "end" },
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

/** @param widthOf pixels that a text takes */
export function columnLabels(
  drawing: CellMapDrawing,
  geometry: MapGeometry,
  widthOf: (text: string) => number,
): SVGElement[] {
  const { nColumns, columnLabel, columnTitle, cell } = drawing;
  const { left, top, cellWidth, isTurned } = geometry;
  const xOf = (column: number): number => left + (column + 0.5) * cellWidth;
  const wanted = Math.max(1, Math.floor((nColumns * cellWidth) / COLUMN_PIXELS));
  const all =
    isTurned || wanted >= nColumns
      ? Array.from({ length: nColumns }, (_, i) => i)
      : ticks(0, nColumns - 1, wanted).filter(Number.isInteger);
  const lit = cell.column;
  const shown = isTurned
    ? all
    : labelsApart([lit, ...all.filter((column) => column !== lit)], xOf, (column) =>
        widthOf(columnLabel(column)),
      );
  const label = (column: number): SVGElement => {
    const [x, y] = [xOf(column), top - 6];
    return svgElement(
      "text",
      {
        ...{ x, y, "text-anchor": isTurned ? "start" : "middle" },
        ...(isTurned && { transform: `rotate(${-TURNED_BY} ${x} ${y})` }),
        class: column === lit ? "vt-label vt-lit" : "vt-label",
        "data-column": column,
      },
      columnLabel(column),
    );
  };
  return [
    svgElement("text", { x: left, y: TITLE_Y, class: "vt-label" }, columnTitle),
    ...shown.map(label),
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
