import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { exactF32 } from "../render/formatNumber.ts";
import type { Theme } from "../render/theme.ts";
import type { PoolKind, ScaleName } from "./data.ts";
import type { MatrixTile } from "./matrixStore.ts";

const WIDTH = 120;
const HEIGHT = 10;

/** Names the scale with its ends, what a cell stands for, and what is not finite. */
export function createScaleKey(): {
  readonly element: HTMLElement;
  draw(tile: MatrixTile | null, scale: ScaleName, poolKind: PoolKind, theme: Theme): void;
} {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const low = element("span", {});
  const high = element("span", {});
  const rest = element("span", {});
  const host = element("p", { class: "vt-scale-key" }, low, canvas, high, rest);
  return {
    element: host,
    draw(tile, scale, poolKind, theme) {
      host.hidden = tile === null;
      if (tile === null) return;
      const colour = divergingScale(theme);
      const context = fitCanvas(canvas, WIDTH, HEIGHT);
      for (let x = 0; x < WIDTH; x++) {
        context.fillStyle = colour((2 * x) / (WIDTH - 1) - 1);
        context.fillRect(x, 0, 1, HEIGHT);
      }
      const { largest, nNotFinite } = tile.statistics;
      const end = exactF32(Number(largest.toPrecision(3)));
      low.textContent = scale === "rank" ? "farthest below zero" : `−${end}`;
      high.textContent = scale === "rank" ? "farthest above, by rank of |x|" : `${end}, linear`;
      rest.textContent = [
        poolText(tile, poolKind),
        nNotFinite > 0
          ? `${nNotFinite} number${nNotFinite === 1 ? " is" : "s are"} not finite: grey`
          : "",
      ]
        .filter((text) => text !== "")
        .join(" · ");
    },
  };
}

/** "a cell is 16 tokens x 2 columns, their mean"; "" where it is one number. */
function poolText({ window }: MatrixTile, kind: PoolKind): string {
  const { rowPool, columnPool } = window;
  if (rowPool === 1 && columnPool === 1) return "";
  const what = kind === "mean" ? "their mean" : "the number farthest from 0";
  return `a cell is ${rowPool} token${rowPool === 1 ? "" : "s"} × ${columnPool} column${columnPool === 1 ? "" : "s"}: ${what}`;
}
