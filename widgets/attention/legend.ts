import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import { logFloor, METRIC_LABELS, METRIC_UNITS } from "./data.ts";
import type { Looking } from "./looking.ts";

const WIDTH = 96;
const HEIGHT = 10;

/** Names the scale that all maps of the widget share, with its ends. */
export function createLegend(): {
  readonly element: HTMLElement;
  draw(looking: Looking, max: number, theme: Theme): void;
} {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const low = element("span", {});
  const high = element("span", {});
  const host = element(
    "div",
    { class: "vt-legend" },
    low,
    canvas,
    high,
    element(
      "span",
      {},
      element("span", { class: "vt-mask-swatch", "aria-hidden": "true" }),
      "future, masked",
    ),
  );
  return {
    element: host,
    draw({ scale, isOpen, headsAs, sort, metric }, max, theme) {
      const context = fitCanvas(canvas, WIDTH, HEIGHT);
      for (let x = 0; x < WIDTH; x++) {
        context.fillStyle = rampColour(theme, x / (WIDTH - 1));
        context.fillRect(x, 0, 1, HEIGHT);
      }
      const top = max === 1 ? "1" : max.toPrecision(3);
      if (!isOpen && headsAs !== "maps") {
        const of = sort === "layer" ? metric : sort;
        low.textContent = `${METRIC_LABELS[of]} 0`;
        high.textContent = [top, METRIC_UNITS[of] ?? ""].join(" ").trimEnd();
        return;
      }
      low.textContent =
        scale === "rank"
          ? "weakest"
          : scale === "log"
            ? `≤ ${Number(logFloor(max).toPrecision(2))}`
            : "weight 0";
      high.textContent = scale === "rank" ? "strongest key of the query" : top;
    },
  };
}
