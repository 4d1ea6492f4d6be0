import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import type { ThumbnailsReply } from "./picture.ts";

export interface SlicesPicture extends ThumbnailsReply {
  readonly cells: Float32Array;
  readonly largest: number;
  /** "head", "expert": what a slice is. */
  readonly noun: string;
}

const WIDTH = 84;
const HEIGHT = 44;

/** All slices of a value small, on one scale; the one that is shown large is chosen among them. */
export function createSlicesStrip(onChoose: (slice: number) => void): {
  readonly element: HTMLElement;
  draw(picture: SlicesPicture | null, chosen: number, theme: Theme): void;
} {
  const host = element("div", { class: "vt-slices", role: "radiogroup", "aria-label": "Slices" });
  let drawn: SlicesPicture | null = null;
  let buttons: HTMLButtonElement[] = [];
  host.addEventListener("keydown", (e) => {
    const at = buttons.findIndex((button) => button.matches(":focus"));
    const by = e.key === "ArrowRight" || e.key === "ArrowDown" ? 1 : -1;
    if (at < 0 || !e.key.startsWith("Arrow")) return;
    const next = Math.max(0, Math.min(buttons.length - 1, at + by));
    e.preventDefault();
    e.stopPropagation();
    buttons[next]?.focus();
    onChoose(next);
  });
  return {
    element: host,
    draw(picture, chosen, theme) {
      host.hidden = picture === null || picture.nSlices === 0;
      if (picture === null) return;
      if (picture.nSlices !== buttons.length || picture.noun !== drawn?.noun) {
        host.setAttribute("aria-label", `${picture.noun}s`);
        buttons = Array.from({ length: picture.nSlices }, (_, slice) => {
          const label = `${picture.noun} ${slice}`;
          const button = element(
            "button",
            { type: "button", role: "radio", class: "vt-slice", "aria-label": label },
            element("canvas", { "aria-hidden": "true" }),
            element("span", {}, label),
          );
          button.addEventListener("click", () => onChoose(slice));
          return button;
        });
        host.replaceChildren(...buttons);
      }
      drawn = picture;
      const colour = divergingScale(theme);
      buttons.forEach((button, slice) => {
        button.setAttribute("aria-checked", String(slice === chosen));
        button.tabIndex = slice === chosen ? 0 : -1;
        const canvas = button.querySelector("canvas");
        if (canvas === null) return;
        const context = fitCanvas(canvas, WIDTH, HEIGHT);
        const { rows, columns, cells, largest } = picture;
        const [w, h] = [WIDTH / columns, HEIGHT / rows];
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++) {
            context.fillStyle = colour(
              (cells[(slice * rows + r) * columns + c] ?? 0) / (largest || 1),
            );
            context.fillRect(c * w, r * h, w + 0.4, h + 0.4);
          }
      });
    },
  };
}
