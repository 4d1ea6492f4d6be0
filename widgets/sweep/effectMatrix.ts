import { whenChanged } from "../attention/whenChanged.ts";
import { divergingScale } from "../render/diverging.ts";
import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { inkOnColour, type Theme } from "../render/theme.ts";
import type { EffectMap } from "./arrangement.ts";
import { type Block, type Blocks, blockAt } from "./blocks.ts";
import { axisLabel, type Level, type SweepAxisRecord, type SweepRecord } from "./data.ts";
import type { EffectScale } from "./scale.ts";

/** A cell of a map, by its indices along the two axes. */
export interface MapCell {
  readonly row: number;
  readonly column: number;
}

export interface MatrixDrawing {
  readonly map: EffectMap;
  readonly blocks: Blocks;
  readonly scale: EffectScale;
  readonly level: Level;
  readonly cell: MapCell;
  readonly pinned: MapCell | null;
  /** Indices that are pointed at here or in another picture. */
  readonly lit: { readonly row: number | null; readonly column: number | null };
}

/** Most blocks that are drawn across and down. */
export const MOST_COLUMNS = 160;
export const MOST_ROWS = 80;

const LABEL_LENGTH = 12;
const LETTER = 6.7;
const NAMES_HEIGHT = 16;
/** A label needs this many pixels of its row or column. */
const LABELLED = 12;
const WIDEST = 40;
const ROW = 22;
const TALLEST = 520;
const NARROWEST = 4;
const HATCH = 5;

/** Effects on a canvas, those that survive outlined and hatched; labels and marks in SVG over it. */
export function createEffectMatrix(options: {
  readonly record: SweepRecord;
  readonly signal: AbortSignal;
  readonly onPoint: (cell: MapCell | null) => void;
  readonly onPin: (cell: MapCell) => void;
}) {
  const { record, signal } = options;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "map of effects",
    "aria-label":
      "Effects of edits. Arrows move the cell, Home and End go to the ends of the row, brackets choose another map, plus and minus zoom, Enter pins, Escape clears.",
  });
  const overlay = svgElement("svg", { class: "vt-sweep-overlay", "aria-hidden": "true" });
  const stage = element("div", { class: "vt-sweep-stage" }, canvas, overlay);
  const host = element("div", { class: "vt-sweep-matrix" }, stage);
  let geometry = { left: 40, top: 40, cellWidth: 20, cellHeight: 20 };
  let drawn: MatrixDrawing | null = null;
  const isNew = whenChanged();

  const cellAt = ({ offsetX, offsetY }: MouseEvent): MapCell | null => {
    if (drawn === null) return null;
    const { blocks, map, level } = drawn;
    const row = Math.floor((offsetY - geometry.top) / geometry.cellHeight);
    const column = Math.floor((offsetX - geometry.left) / geometry.cellWidth);
    if (row < 0 || column < 0 || row >= blocks.rows || column >= blocks.columns) return null;
    return blockAt(record, map, blocks, [row, column], level);
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
    drawn = drawing;
    const { map, blocks, scale, level } = drawing;
    const left = 14 + LETTER * Math.max(longest(map.rowAxis), map.rowAxis?.name.length ?? 0);
    const acrossTexts = longest(map.columnAxis);
    const room = Math.max(120, width - left - 6);
    const cellWidth = Math.max(NARROWEST, Math.min(WIDEST, room / blocks.columns));
    const isUpright = acrossTexts * LETTER + 4 > cellWidth;
    const top = NAMES_HEIGHT + (isUpright ? acrossTexts * LETTER : LABELLED) + 8;
    const cellHeight = Math.max(NARROWEST, Math.min(ROW, TALLEST / blocks.rows));
    geometry = { left, top, cellWidth, cellHeight };
    const size = {
      wide: left + blocks.columns * cellWidth + 4,
      high: top + blocks.rows * cellHeight + 4,
    };
    const look = [theme.isDark, window.devicePixelRatio, ...Object.values(geometry)];
    if (isNew(map, scale, level, ...Object.values(blocks), ...look)) paintAll(drawing, theme, size);
    overlay.setAttribute("width", String(size.wide));
    overlay.setAttribute("height", String(size.high));
    overlay.replaceChildren(
      ...axisNames(map, left),
      ...rowLabels(drawing),
      ...columnLabels(drawing, isUpright),
      ...marks(drawing),
    );
  }

  function paintAll(
    { map, blocks, scale, level }: MatrixDrawing,
    theme: Theme,
    { wide, high }: { readonly wide: number; readonly high: number },
  ): void {
    const { left, top, cellWidth, cellHeight } = geometry;
    const context = fitCanvas(canvas, wide, high);
    const colour = divergingScale(theme);
    for (let row = 0; row < blocks.rows; row++)
      for (let column = 0; column < blocks.columns; column++) {
        const block = blockAt(record, map, blocks, [row, column], level);
        paint(context, block, [colour(scale.strengthOf(block.cell)), theme.ink], {
          x: left + column * cellWidth,
          y: top + row * cellHeight,
          width: cellWidth - (cellWidth > 6 ? 1 : 0),
          height: cellHeight - (cellHeight > 6 ? 1 : 0),
        });
      }
  }

  function axisNames({ rowAxis, columnAxis }: EffectMap, left: number): SVGElement[] {
    const name = (x: number, anchor: string, text: string) =>
      svgElement("text", { class: "vt-axis-name", x, y: 11, "text-anchor": anchor }, text);
    return [
      ...(rowAxis === null ? [] : [name(left - 6, "end", `${rowAxis.name} ↓`)]),
      name(left, "start", `${columnAxis.name} →`),
    ];
  }

  function rowLabels({ map: { rowAxis }, blocks, lit }: MatrixDrawing): SVGElement[] {
    if (rowAxis === null) return [];
    const { left, top, cellHeight } = geometry;
    const { rowStart, rowPool, rows } = blocks;
    return shownLabels(rows, cellHeight, blockOf(lit.row, rowStart, rowPool)).map(
      ({ block, isLit }) =>
        label(
          axisLabel(rowAxis, isLit && lit.row !== null ? lit.row : rowStart + block * rowPool),
          isLit,
          {
            ...{ x: left - 6, y: top + (block + 0.5) * cellHeight },
            ...{ "text-anchor": "end", "dominant-baseline": "central" },
          },
        ),
    );
  }

  function columnLabels(
    { map: { columnAxis }, blocks, lit }: MatrixDrawing,
    isUpright: boolean,
  ): SVGElement[] {
    const { left, top, cellWidth } = geometry;
    const { columnStart, columnPool, columns } = blocks;
    const litBlock = blockOf(lit.column, columnStart, columnPool);
    return shownLabels(columns, cellWidth, litBlock).map(({ block, isLit }) => {
      const at = isLit && lit.column !== null ? lit.column : columnStart + block * columnPool;
      const x = left + (block + 0.5) * cellWidth;
      const turned = { transform: `rotate(-90 ${x} ${top - 5})`, "dominant-baseline": "central" };
      return label(axisLabel(columnAxis, at), isLit, {
        ...{ x, y: top - 5, "text-anchor": isUpright ? "start" : "middle" },
        ...(isUpright && turned),
      });
    });
  }

  function marks({ blocks, cell, pinned, lit }: MatrixDrawing): SVGElement[] {
    const { left, top, cellWidth, cellHeight } = geometry;
    const row = blockOf(lit.row, blocks.rowStart, blocks.rowPool);
    const column = blockOf(lit.column, blocks.columnStart, blocks.columnPool);
    const frame = (r: number, c: number, h: number, w: number, name: string): SVGElement =>
      svgElement("rect", {
        ...{ x: left + c * cellWidth - 1, y: top + r * cellHeight - 1, class: name },
        ...{ width: w * cellWidth + 1, height: h * cellHeight + 1 },
      });
    const across =
      row === null || row >= blocks.rows || row < 0
        ? []
        : [frame(row, 0, 1, blocks.columns, "vt-cross")];
    const down =
      column === null || column >= blocks.columns || column < 0
        ? []
        : [frame(0, column, blocks.rows, 1, "vt-cross")];
    const one = (at: MapCell | null, name: string): SVGElement[] => {
      if (at === null) return [];
      const r = blockOf(at.row, blocks.rowStart, blocks.rowPool) ?? -1;
      const c = blockOf(at.column, blocks.columnStart, blocks.columnPool) ?? -1;
      const isInside = r >= 0 && c >= 0 && r < blocks.rows && c < blocks.columns;
      return isInside ? [frame(r, c, 1, 1, name)] : [];
    };
    return [...across, ...down, ...one(pinned, "vt-cell vt-pinned-cell"), ...one(cell, "vt-cell")];
  }

  return { element: host, canvas, draw };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A block's colour, and where one of its cells survives an outline of ink and a hatch that can be seen on the colour. */
function paint(
  context: CanvasRenderingContext2D,
  { nSurviving }: Block,
  [colour, ink]: readonly [colour: string, ink: string],
  { x, y, width, height }: Box,
): void {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
  if (nSurviving === 0) return;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = inkOnColour(colour);
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - height + HATCH / 2; at < x + width; at += HATCH) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.globalAlpha = 0.55;
  context.stroke();
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 3; // the half of which is clipped
  context.strokeRect(x, y, width, height);
  context.restore();
}

/** Which blocks are labelled: as many as there is room for, and the lit one, which its neighbours make room for. */
function shownLabels(count: number, size: number, lit: number | null) {
  const every = Math.max(1, Math.ceil(LABELLED / size));
  return Array.from({ length: count }, (_, block) => ({ block, isLit: block === lit })).filter(
    ({ block, isLit }) =>
      isLit || (block % every === 0 && (lit === null || Math.abs(block - lit) >= every)),
  );
}

const blockOf = (at: number | null, start: number, pool: number): number | null =>
  at === null ? null : Math.floor((at - start) / pool);

function label(
  text: string,
  isLit: boolean,
  attributes: Readonly<Record<string, string | number>>,
): SVGElement {
  return svgElement("text", { ...attributes, class: isLit ? "vt-label vt-lit" : "vt-label" }, text);
}

function longest(axis: SweepAxisRecord | null): number {
  if (axis === null) return 0;
  return axis.values.reduce(
    (most, _, i) => Math.max(most, axisLabel(axis, i, LABEL_LENGTH).length),
    1,
  );
}
