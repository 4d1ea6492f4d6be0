import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";

const WIDTH = 120;
const HEIGHT = 10;

export interface MapKeyDrawing {
  readonly isSigned: boolean;
  readonly low: string;
  /** The other end, with the unit and the scale. */
  readonly high: string;
}

/** What the colours of a map stand for: both ends, the unit, the scale. */
export function createMapKey(): {
  readonly element: HTMLElement;
  draw(drawing: MapKeyDrawing, theme: Theme): void;
} {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const low = element("span", {});
  const high = element("span", {});
  return {
    element: element("p", { class: "vt-cells-key" }, low, canvas, high),
    draw(drawing, theme) {
      const context = fitCanvas(canvas, WIDTH, HEIGHT);
      const signed = divergingScale(theme);
      for (let x = 0; x < WIDTH; x++) {
        const t = x / (WIDTH - 1);
        context.fillStyle = drawing.isSigned ? signed(2 * t - 1) : rampColour(theme, t);
        context.fillRect(x, 0, 1, HEIGHT);
      }
      low.textContent = drawing.low;
      high.textContent = drawing.high;
    },
  };
}
