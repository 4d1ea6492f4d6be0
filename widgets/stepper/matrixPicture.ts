import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { drawColumnNumbers } from "./columnNumbers.ts";
import { WINDOW_COLUMNS, type WindowReply } from "./picture.ts";

/** A number's place in the slice that is shown. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** What is drawn. */
export interface Matrix extends WindowReply {
  /** (rows, columns) of the window. */
  readonly numbers: Float64Array;
  /** Texts of the rows and, of maps, of the columns, by position. */
  readonly rowTexts: readonly string[];
  readonly edited: readonly Place[];
}

export interface MatrixPictureOptions {
  readonly signal: AbortSignal;
  /** A number under the pointer, or null when it leaves. */
  readonly onPoint: (place: Place | null) => void;
  readonly onChoose: (place: Place) => void;
  /** Enter: the reader wants to write. */
  readonly onWrite: () => void;
}

const LABEL_LENGTH = 12;
const TOP = 16;
/** Room for the frame of the last column. */
const RIGHT = 4;
/** Of the place that the matrix is scrolled in, both sides together. */
const PADDING = 4;

/** A value as a matrix, tokens down and columns across. Arrows move the chosen number, also into the next window. */
export function createMatrixPicture(options: MatrixPictureOptions): {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(matrix: Matrix, chosen: Place, theme: Theme, width: number): void;
} {
  const { signal, onPoint, onChoose, onWrite } = options;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "numbers of a site",
    "aria-label":
      "Numbers. Arrows choose one, Page Up and Page Down go a window of columns on, Enter writes it.",
  });
  const host = element("div", { class: "vt-matrix" }, canvas);
  let drawn: Matrix | null = null;
  /** The chosen column and the width of the place, for which it was scrolled last. */
  let scrolledFor = "";
  let at: Place = { row: 0, column: 0 };
  let geometry = { left: 90, cellWidth: 4, cellHeight: 14 };

  const placeAt = (event: MouseEvent): Place | null => {
    if (drawn === null) return null;
    const { rowStart, rowCount, columnStart, columnCount } = drawn.window;
    const row = Math.floor((event.offsetY - TOP) / geometry.cellHeight);
    const column = Math.floor((event.offsetX - geometry.left) / geometry.cellWidth);
    if (row < 0 || column < 0 || row >= rowCount || column >= columnCount) return null;
    return { row: rowStart + row, column: columnStart + column };
  };
  canvas.addEventListener("pointermove", (e) => onPoint(placeAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => onPoint(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const place = placeAt(e);
      if (place) onChoose(place);
    },
    { signal },
  );
  canvas.addEventListener(
    "keydown",
    (e) => {
      if (drawn === null) return;
      const { nRows, nColumns } = drawn.slices;
      const by = MOVES[e.key];
      if (e.key === "Enter") onWrite();
      else if (by === undefined) return;
      else {
        at = { row: clamp(at.row + by[0], nRows), column: clamp(at.column + by[1], nColumns) };
        onChoose(at);
      }
      e.preventDefault();
      e.stopPropagation();
    },
    { signal },
  );

  return {
    element: host,
    canvas,
    draw(matrix, chosen, theme, width) {
      drawn = matrix;
      at = chosen;
      const { rowStart, rowCount, columnStart, columnCount } = matrix.window;
      const labels = Array.from({ length: rowCount }, (_, r) =>
        shortToken(matrix.rowTexts[r + rowStart] ?? "", LABEL_LENGTH),
      );
      const longest = Math.max(2, ...labels.map((text) => Array.from(text).length));
      const left = 10 + 7 * longest;
      const cellHeight = rowCount > 40 ? 11 : 16;
      const room = width - PADDING - left - RIGHT;
      const cellWidth = Math.min(44, Math.max(1, room / columnCount));
      geometry = { left, cellWidth, cellHeight };
      const context = fitCanvas(
        canvas,
        left + cellWidth * columnCount + RIGHT,
        TOP + rowCount * cellHeight + 2,
      );
      const colour = divergingScale(theme);
      for (let r = 0; r < rowCount; r++)
        for (let c = 0; c < columnCount; c++) {
          const x = matrix.numbers[r * columnCount + c] ?? Number.NaN;
          context.fillStyle = colour(matrix.largest === 0 && x === 0 ? 0 : x / matrix.largest);
          const inset = cellWidth > 6 ? 0.5 : 0;
          context.fillRect(
            left + c * cellWidth + inset,
            TOP + r * cellHeight + 0.5,
            cellWidth - 2 * inset + (inset === 0 ? 0.4 : 0),
            cellHeight - 1,
          );
        }
      context.textBaseline = "middle";
      context.textAlign = "right";
      labels.forEach((text, r) => {
        const isChosen = r + rowStart === chosen.row;
        context.font = `${isChosen ? "600 " : ""}11px ${theme.monospace}`;
        context.fillStyle = isChosen ? theme.selection : theme.muted;
        context.fillText(text, left - 6, TOP + (r + 0.5) * cellHeight);
      });
      drawColumnNumbers(context, theme, { ...matrix.window, left, cellWidth }, chosen.column);
      const outline = ({ row, column }: Place, width: number, style: string): void => {
        const [r, c] = [row - rowStart, column - columnStart];
        if (r < 0 || c < 0 || r >= rowCount || c >= columnCount) return;
        context.strokeStyle = style;
        context.lineWidth = width;
        const wide = Math.max(cellWidth, 4);
        context.strokeRect(
          left + (c + 0.5) * cellWidth - wide / 2,
          TOP + r * cellHeight + 0.5,
          wide,
          cellHeight - 1,
        );
      };
      for (const place of matrix.edited) outline(place, 2, theme.ink);
      outline(chosen, 2, theme.selection);
      const scrollsFor = `${chosen.column} ${width}`;
      if (scrollsFor !== scrolledFor) scrollTo(left + (chosen.column - columnStart) * cellWidth);
      scrolledFor = scrollsFor;
    },
  };

  /** Keeps the chosen number in sight where the matrix is wider than its place. */
  function scrollTo(x: number): void {
    const { scrollLeft, clientWidth } = host;
    if (x < scrollLeft + geometry.left || x > scrollLeft + clientWidth - 20)
      host.scrollLeft = x - clientWidth / 2;
  }
}

const clamp = (n: number, length: number): number => Math.max(0, Math.min(length - 1, n));

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [0, -WINDOW_COLUMNS],
  PageDown: [0, WINDOW_COLUMNS],
  Home: [0, -1e9],
  End: [0, 1e9],
};
