import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import type { Level } from "./data.ts";
import { type EffectScale, scaleEnds } from "./scale.ts";

const WIDTH = 160;
const HEIGHT = 10;

/** Names the colours with their ends, the hatch, and what a cell stands for. */
export function createScaleKey(hasP: boolean): {
  readonly element: HTMLElement;
  draw(scale: EffectScale, level: Level, pooled: string, theme: Theme): void;
} {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const low = element("span", {});
  const high = element("span", {});
  const survivor = element("span", {});
  const rest = element("span", {});
  const swatch = hasP ? element("span", { class: "vt-hatched", "aria-hidden": "true" }) : null;
  return {
    element: element("p", { class: "vt-sweep-key" }, low, canvas, high, swatch, survivor, rest),
    draw(scale, level, pooled, theme) {
      const colour = divergingScale(theme);
      const context = fitCanvas(canvas, WIDTH, HEIGHT);
      for (let x = 0; x < WIDTH; x++) {
        context.fillStyle = colour((2 * x) / (WIDTH - 1) - 1);
        context.fillRect(x, 0, 1, HEIGHT);
      }
      const [from, to, named] = scaleEnds(scale);
      low.textContent = from;
      high.textContent = `${to}, ${named}; one scale for all maps`;
      survivor.textContent = hasP ? `survives at p ≤ ${level}` : "";
      const { nNotFinite } = scale;
      const grey = nNotFinite === 1 ? "1 effect is" : `${nNotFinite} effects are`;
      rest.textContent = [pooled, nNotFinite > 0 ? `${grey} not finite: grey` : ""]
        .filter((text) => text !== "")
        .map((text) => `· ${text}`)
        .join(" ");
    },
  };
}
