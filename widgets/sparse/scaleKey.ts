import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { exactF32 } from "../render/formatNumber.ts";
import type { Theme } from "../render/theme.ts";
import type { Kind } from "./data.ts";
import { cellColour, type ScaleName } from "./paintCells.ts";
import type { Tile } from "./store.ts";

const WIDTH = 120;
const HEIGHT = 10;

/** Names the colours with their ends, and what a cell stands for. */
export function createScaleKey(): {
  readonly element: HTMLElement;
  draw(tile: Tile | null, scale: ScaleName, theme: Theme, isMarked: boolean): void;
} {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const low = element("span", {});
  const high = element("span", {});
  const rest = element("span", {});
  const host = element("p", { class: "vt-sparse-key" }, low, canvas, high, rest);
  return {
    element: host,
    draw(tile, scale, theme, isMarked) {
      host.hidden = tile === null;
      if (tile === null) return;
      const { kind, largest } = tile;
      const colour = cellColour(kind, theme);
      const context = fitCanvas(canvas, WIDTH, HEIGHT);
      for (let x = 0; x < WIDTH; x++) {
        const share = x / (WIDTH - 1);
        context.fillStyle = colour(kind === "kept" ? share : 2 * share - 1);
        context.fillRect(x, 0, 1, HEIGHT);
      }
      const end = exactF32(Number(largest.toPrecision(3)));
      const named = scale === "linear" ? "linear" : "logarithmic over four decades";
      const ends: Readonly<Record<Kind, readonly [string, string]>> = {
        kept: ["dropped", "kept"],
        scores: [`−${end}`, `${end}, ${named}`],
        weights: [`dropped, ${end}`, `kept, ${end}; ${named}`],
      };
      [low.textContent, high.textContent] = ends[kind];
      const texts = [poolText(tile), isMarked ? "a dot: the key was kept" : ""];
      rest.textContent = texts
        .filter((text) => text !== "")
        .map((text) => `· ${text}`)
        .join(" ");
    },
  };
}

const POOLED: Readonly<Record<Kind, string>> = {
  kept: "the share of its keys that were kept",
  scores: "the highest score of its block",
  weights: "the largest weight of its block",
};

/** "a cell is 2 queries × 1 key: ..."; "" where it is one number. */
function poolText({ window, kind }: Tile): string {
  const { rowPool, columnPool } = window;
  if (rowPool === 1 && columnPool === 1) return "";
  const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
  return `a cell is ${count(rowPool, "query", "queries")} × ${count(columnPool, "key", "keys")}: ${POOLED[kind]}`;
}
