import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import { type ColumnWindow, pooledMeans } from "./columnWindow.ts";

const LINE = 5;

interface OverviewDrawing {
  readonly nRows: number;
  readonly nColumns: number;
  /** Strength 0 to 1 of a cell; NaN: it has no number. */
  readonly strength: (cell: number) => number;
  readonly shown: ColumnWindow;
  /** Changes where the cells' strengths do. */
  readonly version: string;
  /** Left edge of the cells, so that it stands below them. */
  readonly left: number;
  readonly width: number;
}

/** All positions without their texts, with a frame round those above. A click or a drag brings others there. */
export function createOverview(
  signal: AbortSignal,
  onMove: (column: number) => void,
): { readonly element: HTMLElement; draw(drawing: OverviewDrawing, theme: Theme): void } {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const overlay = svgElement("svg", { class: "vt-lens-overlay", "aria-hidden": "true" });
  const said = element("span", { class: "vt-muted" });
  const stage = element("div", { class: "vt-lens-stage" }, canvas, overlay);
  const host = element("div", { class: "vt-lens-overview" }, stage, said);
  let [left, width, nColumns] = [0, 1, 1];
  let painted: { readonly version: string; readonly theme: Theme } | null = null;
  const move = (event: PointerEvent): void => {
    if (event.buttons === 0) return;
    const share = (event.offsetX - left) / width;
    onMove(Math.max(0, Math.min(nColumns - 1, Math.floor(share * nColumns))));
  };
  canvas.addEventListener("pointerdown", move, { signal });
  canvas.addEventListener("pointermove", move, { signal });

  function paint({ nRows, strength, width: whole }: OverviewDrawing, theme: Theme): void {
    const context = fitCanvas(canvas, whole, nRows * LINE + 4);
    for (let row = 0; row < nRows; row++) {
      const values = Float32Array.from({ length: nColumns }, (_, c) =>
        strength(row * nColumns + c),
      );
      const means = pooledMeans(values, Math.floor(width));
      means.forEach((t, bin) => {
        context.fillStyle = Number.isNaN(t) ? theme.mask : rampColour(theme, t);
        const [x, next] = [bin, bin + 1].map((at) => (at * width) / means.length) as [
          number,
          number,
        ];
        context.fillRect(left + x, 2 + row * LINE, Math.max(1, next - x), LINE - 1);
      });
    }
  }

  return {
    element: host,
    draw(drawing, theme) {
      const { nRows, shown } = drawing;
      [left, nColumns] = [drawing.left, drawing.nColumns];
      width = Math.max(1, drawing.width - left - 2);
      const high = nRows * LINE + 4;
      const version = `${drawing.version} ${width}`;
      if (painted?.version !== version || painted.theme !== theme) paint(drawing, theme);
      painted = { version, theme };
      const bins = Math.min(nColumns, Math.floor(width));
      said.textContent = `all ${nColumns} positions${bins < nColumns ? `, each column the mean of ${Math.floor(nColumns / bins)} or ${Math.ceil(nColumns / bins)}` : ""}; the frame is what stands above`;
      overlay.setAttribute("width", String(drawing.width));
      overlay.setAttribute("height", String(high));
      overlay.replaceChildren(
        svgElement("rect", {
          ...{ class: "vt-cell", x: left + (shown.first * width) / nColumns, y: 1 },
          ...{ width: Math.max(2, (shown.count * width) / nColumns), height: high - 2 },
        }),
      );
    },
  };
}
