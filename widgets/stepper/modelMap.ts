import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import type { OperatorMark, Snapshot } from "./data.ts";
import { type OperatorRow, operatorRows } from "./operatorRows.ts";

export interface ModelMapOptions {
  readonly signal: AbortSignal;
  /** An operator under the pointer or the keyboard's mark; null when neither is there. */
  readonly onPoint: (index: number | null) => void;
  /** Go to where the operator was executed. */
  readonly onGo: (index: number) => void;
}

const LABEL = 62;
const GAP = 2;

/** The model as its layers, a row each, and their operators as squares: executed ones filled, the last one lit. */
export function createModelMap({ signal, onPoint, onGo }: ModelMapOptions): {
  readonly element: HTMLElement;
  /** @param width of the place it has */
  draw(operators: readonly OperatorMark[], snapshot: Snapshot, theme: Theme, width: number): void;
} {
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "operators of the model",
    "aria-label":
      "Operators. Left and right choose an operator, up and down a layer, Enter goes there, Escape lets go.",
  });
  const host = element("div", { class: "vt-model" }, canvas);
  let rows: readonly OperatorRow[] = [];
  let marks: readonly OperatorMark[] = [];
  let mark = 12;
  let height = 15;
  let executed = 0;
  let marked: number | null = null;
  let redraw = (): void => {};

  const point = (index: number | null): void => {
    marked = index;
    redraw();
    onPoint(index);
  };
  const operatorAt = (event: MouseEvent): number | null => {
    const row = rows[Math.floor(event.offsetY / height)];
    const place = Math.floor((event.offsetX - LABEL) / (mark + GAP));
    return row === undefined || place < 0 || place >= row.count ? null : row.first + place;
  };
  canvas.addEventListener("pointermove", (e) => point(operatorAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => point(null), { signal });
  canvas.addEventListener("blur", () => point(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const index = operatorAt(e);
      if (index !== null) onGo(index);
    },
    { signal },
  );
  canvas.addEventListener(
    "keydown",
    (e) => {
      if (e.key === "Enter" && marked !== null) onGo(marked);
      else if (e.key === "Escape") point(null);
      else if (e.key.startsWith("Arrow")) point(moved(e.key));
      else return;
      e.preventDefault();
      e.stopPropagation();
    },
    { signal },
  );

  /** The first arrow marks the operator that was executed last. */
  function moved(key: string): number {
    const last = marks.length - 1;
    if (marked === null) return Math.max(0, executed - 1);
    if (key === "ArrowLeft") return Math.max(0, marked - 1);
    if (key === "ArrowRight") return Math.min(last, marked + 1);
    const at = rows.findIndex(({ first, count }) => (marked ?? 0) < first + count);
    const row = rows[at + (key === "ArrowDown" ? 1 : -1)];
    const place = marked - (rows[at]?.first ?? 0);
    return row === undefined ? marked : row.first + Math.min(place, row.count - 1);
  }

  return {
    element: host,
    draw(operators, snapshot, theme, width) {
      if (operators !== marks) {
        marks = operators;
        rows = operatorRows(operators);
      }
      executed = snapshot.executed;
      const most = Math.max(1, ...rows.map(({ count }) => count));
      mark = Math.max(4, Math.min(14, Math.floor((width - LABEL) / most) - GAP));
      height = Math.max(13, mark + 5);
      redraw = () => {
        const context = fitCanvas(canvas, LABEL + most * (mark + GAP), rows.length * height);
        rows.forEach((row, r) => {
          const isHere = executed > row.first && executed <= row.first + row.count;
          context.font = `${isHere ? "600 " : ""}11px ${theme.font}`;
          context.fillStyle = isHere ? theme.selection : theme.muted;
          context.textBaseline = "middle";
          context.fillText(row.label, 0, (r + 0.5) * height);
          for (let i = 0; i < row.count; i++) {
            const x = LABEL + i * (mark + GAP);
            const y = r * height + Math.round((height - mark) / 2);
            drawMark(context, theme, row.first + i, x, y);
          }
        });
      };
      redraw();
    },
  };

  function drawMark(
    context: CanvasRenderingContext2D,
    theme: Theme,
    index: number,
    x: number,
    y: number,
  ): void {
    const isLast = index === executed - 1;
    if (index < executed) {
      context.fillStyle = isLast ? theme.selection : theme.data;
      context.fillRect(x, y, mark, mark);
    } else {
      context.strokeStyle = theme.muted;
      context.globalAlpha = 0.6;
      context.strokeRect(x + 0.5, y + 0.5, mark - 1, mark - 1);
      context.globalAlpha = 1;
    }
    if ((marks[index]?.sites.length ?? 0) > 0 && mark >= 8) {
      context.fillStyle = index < executed ? theme.ground : theme.muted;
      context.fillRect(x + mark / 2 - 1, y + mark / 2 - 1, 2, 2);
    }
    if (index !== marked) return;
    context.strokeStyle = theme.selection;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, mark + 2, mark + 2);
    context.lineWidth = 1;
  }
}
