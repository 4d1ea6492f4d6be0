import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { inkOn, rampColour, type Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { isRight, type LensCells, siteLabel, topText } from "./data.ts";
import { cellAt, FOOT, type GridLayout, HEAD, lettersOf, ROW } from "./layout.ts";

export interface LensPlace {
  readonly row: number;
  readonly column: number;
}

interface GridDrawing {
  readonly layout: GridLayout;
  /** Strength 0 to 1 of a cell; NaN: it has no number. */
  readonly strength: (cell: number) => number;
  readonly chosen: LensPlace;
  readonly litColumn: number | null;
  readonly pinned: LensPlace | null;
}

interface GridOptions {
  readonly cells: LensCells;
  readonly signal: AbortSignal;
  readonly onPoint: (place: LensPlace | null, byKey: boolean) => void;
  readonly onPin: (place: LensPlace) => void;
  readonly onClear: () => void;
}

/** Sites down, positions across: the likeliest token in each cell. Arrows move, also beyond what is shown. */
export function createLensGrid(options: GridOptions): {
  readonly element: HTMLElement;
  draw(drawing: GridDrawing, theme: Theme): void;
} {
  const { cells, signal, onPoint, onPin, onClear } = options;
  const { sites, positions } = cells;
  const names = sites.map(siteLabel);
  const canvas = element("canvas", {
    ...{ tabindex: 0, role: "application", "aria-roledescription": "matrix" },
    "aria-label":
      "Likeliest next tokens, sites down, positions across. Arrows move, Page up and down by a screen, Enter pins, Escape lets go.",
  });
  const overlay = svgElement("svg", { class: "vt-lens-overlay", "aria-hidden": "true" });
  const host = element("div", { class: "vt-lens-grid" }, canvas, overlay);
  let layout: GridLayout | null = null;
  let chosen: LensPlace = { row: sites.length - 1, column: positions.length - 1 };

  const placeAt = ({ offsetX, offsetY }: MouseEvent): LensPlace | null =>
    layout && cellAt(layout, offsetX, offsetY);
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void => canvas.addEventListener(type, listener, { signal });
  on("pointermove", (e) => onPoint(placeAt(e), false));
  on("pointerleave", () => onPoint(null, false));
  on("click", (e) => {
    const place = placeAt(e);
    if (place) onPin(place);
  });
  on("keydown", (e) => {
    const to = moved(e.key);
    if (to !== null) {
      chosen = to; // the next key may come before the picture is drawn
      onPoint(to, true);
    } else if (e.key === "Enter") onPin(chosen);
    else if (e.key === "Escape") onClear();
    else return;
    e.preventDefault();
  });

  function moved(key: string): LensPlace | null {
    const by = (rows: number, columns: number): LensPlace => ({
      row: Math.max(0, Math.min(sites.length - 1, chosen.row + rows)),
      column: Math.max(0, Math.min(positions.length - 1, chosen.column + columns)),
    });
    const screen = layout?.count ?? 1;
    if (key === "ArrowUp") return by(-1, 0);
    if (key === "ArrowDown") return by(1, 0);
    if (key === "ArrowLeft") return by(0, -1);
    if (key === "ArrowRight") return by(0, 1);
    if (key === "PageUp") return by(0, -screen);
    if (key === "PageDown") return by(0, screen);
    if (key === "Home") return { ...chosen, column: 0 };
    return key === "End" ? { ...chosen, column: positions.length - 1 } : null;
  }

  return {
    element: host,
    draw(drawing, theme) {
      layout = drawing.layout;
      chosen = drawing.chosen;
      const { left, cellWidth, count, nRows } = layout;
      const [wide, high] = [left + count * cellWidth + 2, HEAD + nRows * ROW + FOOT];
      const context = fitCanvas(canvas, wide, high);
      context.font = `11.5px ${theme.monospace}`;
      context.textBaseline = "middle";
      for (let row = 0; row < nRows; row++)
        for (let i = 0; i < count; i++)
          paintCell(context, drawing, row * positions.length + layout.first + i, row, i, theme);
      overlay.setAttribute("width", String(wide));
      overlay.setAttribute("height", String(high));
      overlay.replaceChildren(...rowNames(drawing), ...columnTexts(drawing), ...marks(drawing));
    },
  };

  function paintCell(
    context: CanvasRenderingContext2D,
    { layout: at, strength }: GridDrawing,
    cell: number,
    row: number,
    i: number,
    theme: Theme,
  ): void {
    const { left, cellWidth } = at;
    const t = strength(cell);
    const [x, y] = [left + i * cellWidth, HEAD + row * ROW];
    const hasNumber = !Number.isNaN(t);
    context.fillStyle = hasNumber ? rampColour(theme, t) : theme.mask;
    context.fillRect(x, y, cellWidth - 1, ROW - 1);
    context.fillStyle = hasNumber ? inkOn(theme, t) : theme.ink;
    const text = shortToken(topText(cells, cell), lettersOf(at));
    context.fillText(text, x + 4, y + ROW / 2, cellWidth - 8);
    if (isRight(cells, cell)) context.fillRect(x + 4, y + ROW - 5, cellWidth - 9, 1.5);
  }

  function rowNames({ layout: { left }, chosen: { row: own } }: GridDrawing): SVGElement[] {
    const label = (text: string, y: number, isLit: boolean) =>
      svgElement(
        "text",
        { class: isLit ? "vt-label vt-lit" : "vt-label", x: left - 8, y, "text-anchor": "end" },
        text,
      );
    const below = HEAD + names.length * ROW + 15;
    return [
      ...names.map((text, row) => label(text, HEAD + row * ROW + 15, row === own)),
      label("token", 13, false),
      label("target", below, false),
    ];
  }

  function columnTexts({ layout: at, chosen: own, litColumn }: GridDrawing): SVGElement[] {
    const { left, cellWidth, first, count } = at;
    const letters = lettersOf(at);
    return Array.from({ length: count }, (_, i) => i).flatMap((i) => {
      const column = first + i;
      const isLit = column === (litColumn ?? own.column);
      const text = (said: string, y: number, style: string) =>
        svgElement("text", { class: style, x: left + i * cellWidth + 4, y }, said);
      const ink = isLit ? "vt-label vt-lit" : "vt-label vt-ink";
      const target = cells.targetTexts[column] ?? null;
      return [
        text(shortToken(cells.tokenTexts[column] ?? "", letters), 13, ink),
        text(String(positions[column]), 27, isLit ? "vt-label vt-lit" : "vt-label"),
        text(
          target === null ? "–" : shortToken(target, letters),
          HEAD + names.length * ROW + 15,
          ink,
        ),
      ];
    });
  }

  function marks({ layout: at, chosen: own, litColumn, pinned }: GridDrawing): SVGElement[] {
    const { left, cellWidth, first, count, nRows } = at;
    const isShown = (column: number): boolean => column >= first && column < first + count;
    const frame = ({ row, column }: LensPlace, rows: number, style: string): SVGElement[] =>
      isShown(column)
        ? [
            svgElement("rect", {
              ...{ class: style, x: left + (column - first) * cellWidth - 1 },
              ...{ y: HEAD + row * ROW - 1, width: cellWidth + 1, height: rows * ROW + 1 },
            }),
          ]
        : [];
    return [
      ...(litColumn === null ? [] : frame({ row: 0, column: litColumn }, nRows, "vt-cross")),
      ...(pinned === null ? [] : frame(pinned, 1, "vt-cell vt-pinned-cell")),
      ...frame(own, 1, "vt-cell"),
    ];
  }
}
