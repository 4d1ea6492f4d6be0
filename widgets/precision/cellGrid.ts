import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";

export interface GridCell {
  readonly row: number;
  readonly column: number;
}

interface GridDrawing {
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  /** Strength 0 to 1 of a cell; NaN: not finite; null: there is none. */
  readonly strength: (cell: GridCell) => number | null;
  readonly chosen: GridCell | null;
  /** A column that another picture points at. */
  readonly litColumn: number | null;
  /** Colour of a strength other than 0; default: the theme's ramp. */
  readonly colour?: (strength: number) => string;
}

export interface CellGrid {
  readonly element: HTMLElement;
  draw(drawing: GridDrawing, theme: Theme, width: number): void;
}

interface GridOptions {
  readonly label: string;
  readonly signal: AbortSignal;
  readonly onPoint: (cell: GridCell | null) => void;
  readonly onPin: (cell: GridCell) => void;
  readonly onClear: () => void;
}

const ROW = 18;
const HEAD = 18;
const MOST_WIDTH = 34;
/** Room of a label that is not to stand on its neighbour. */
const LABEL = 26;
const LETTER = 6.7;
/** Room for the frame of the last cell. */
const EDGE = 2;

/** A small matrix: cells on a canvas, names and marks over them. Arrows move, Enter pins, Escape lets go. */
export function createCellGrid(options: GridOptions): CellGrid {
  const { label, signal, onPoint, onPin, onClear } = options;
  const canvas = element("canvas", {
    ...{ tabindex: 0, role: "application", "aria-roledescription": "matrix" },
    "aria-label": `${label}. Arrows move, Enter pins, Escape lets go.`,
  });
  const overlay = svgElement("svg", { class: "vt-grid-overlay", "aria-hidden": "true" });
  const host = element("div", { class: "vt-grid" }, canvas, overlay);
  let [left, cellWidth, nRows, nColumns] = [0, 1, 0, 0];
  let chosen: GridCell | null = null;

  const cellAt = ({ offsetX, offsetY }: MouseEvent): GridCell | null => {
    const row = Math.floor((offsetY - HEAD) / ROW);
    const column = Math.floor((offsetX - left) / cellWidth);
    const isInside = row >= 0 && row < nRows && column >= 0 && column < nColumns;
    return isInside ? { row, column } : null;
  };
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void => canvas.addEventListener(type, listener, { signal });
  on("pointermove", (e) => onPoint(cellAt(e)));
  on("pointerleave", () => onPoint(null));
  on("click", (e) => {
    const cell = cellAt(e);
    if (cell) onPin(cell);
  });
  on("keydown", (e) => {
    const by = MOVES[e.key];
    if (by !== undefined) {
      chosen = moved(by); // the next key may come before the picture is drawn
      onPoint(chosen);
    } else if (e.key === "Enter" && chosen) onPin(chosen);
    else if (e.key === "Escape") onClear();
    else return;
    e.preventDefault();
  });

  function moved([rows, columns]: readonly [number, number]): GridCell {
    if (chosen === null) return { row: 0, column: 0 };
    return {
      row: Math.max(0, Math.min(nRows - 1, chosen.row + rows)),
      column: Math.max(0, Math.min(nColumns - 1, chosen.column + columns)),
    };
  }

  return {
    element: host,
    draw(drawing, theme, width) {
      const { rowLabels, columnLabels, strength, litColumn } = drawing;
      const { colour: colourOf = (t: number) => rampColour(theme, t) } = drawing;
      chosen = drawing.chosen;
      [nRows, nColumns] = [rowLabels.length, columnLabels.length];
      left = 10 + LETTER * Math.max(...rowLabels.map(({ length }) => length));
      cellWidth = Math.max(1, Math.min(MOST_WIDTH, (width - left - EDGE) / Math.max(1, nColumns)));
      const [wide, high] = [left + nColumns * cellWidth + EDGE, HEAD + nRows * ROW + EDGE];
      const context = fitCanvas(canvas, wide, high);
      const gap = cellWidth > 6 ? 1 : 0;
      for (let row = 0; row < nRows; row++)
        for (let column = 0; column < nColumns; column++) {
          const t = strength({ row, column });
          if (t === null) continue;
          const colour = t === 0 ? theme.mask : colourOf(t);
          context.fillStyle = Number.isNaN(t) ? theme.selection : colour;
          const [x, y] = [left + column * cellWidth, HEAD + row * ROW];
          context.fillRect(x, y, cellWidth - gap, ROW - 1);
        }
      overlay.setAttribute("width", String(wide));
      overlay.setAttribute("height", String(high));
      overlay.replaceChildren(
        ...rowLabels.map((text, row) =>
          svgElement(
            "text",
            {
              class: row === chosen?.row ? "vt-label vt-lit" : "vt-label",
              ...{ x: left - 6, y: HEAD + row * ROW + 13, "text-anchor": "end" },
            },
            text,
          ),
        ),
        ...columnTexts(columnLabels, litColumn ?? chosen?.column ?? null),
        ...marks(litColumn),
      );
    },
  };

  function columnTexts(labels: readonly string[], lit: number | null): SVGElement[] {
    const every = Math.max(1, Math.ceil(LABEL / cellWidth));
    return labels.flatMap((text, column) => {
      const isNear = lit !== null && column !== lit && Math.abs(column - lit) < every;
      if (column !== lit && (column % every !== 0 || isNear)) return [];
      const x = left + (column + 0.5) * cellWidth;
      const style = column === lit ? "vt-label vt-lit" : "vt-label";
      return [svgElement("text", { class: style, x, y: 12, "text-anchor": "middle" }, text)];
    });
  }

  function marks(litColumn: number | null): SVGElement[] {
    const frame = (x: number, y: number, width: number, height: number, style: string) =>
      svgElement("rect", { class: style, x, y, width, height });
    const gap = cellWidth > 6 ? 1 : 0;
    const across = litColumn === null ? [] : [left + litColumn * cellWidth];
    return [
      ...across.map((x) =>
        frame(x - 0.5, HEAD - 0.5, cellWidth - gap + 1, nRows * ROW, "vt-cross"),
      ),
      ...(chosen === null
        ? []
        : [
            frame(
              left + chosen.column * cellWidth - 1,
              HEAD + chosen.row * ROW - 1,
              cellWidth - gap + 2,
              ROW + 1,
              "vt-cell",
            ),
          ]),
    ];
  }
}

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -1e9],
  End: [0, 1e9],
};
