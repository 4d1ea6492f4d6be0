import { rgb } from "d3";
import type { Theme } from "../render/theme.ts";
import { rampColour } from "../render/theme.ts";
import { HIDDEN, MASKED, UNKNOWN } from "./data.ts";

/** Colour of a cell whose weight is not a number: no strength has it. */
const NOT_A_NUMBER = "#d6008f";

/**
 * Draws strengths as cells. Small cells come from one scaled image without smoothing; large cells are drawn apart with
 * a hair between them, the future hatched.
 */
export function paintMap(
  context: CanvasRenderingContext2D,
  shades: Float32Array,
  rows: number,
  columns: number,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  theme: Theme,
): void {
  const cellWidth = box.width / columns;
  const cellHeight = box.height / rows;
  if (Math.min(cellWidth, cellHeight) < 9) {
    drawImage(context, mapImage(shades, rows, columns, theme), box);
    return;
  }
  hatch(context, box, theme);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const shade = shades[r * columns + c] ?? MASKED;
      if (shade === MASKED || shade === UNKNOWN) continue;
      const x = box.x + c * cellWidth;
      const y = box.y + r * cellHeight;
      context.fillStyle = theme.ground;
      context.fillRect(x, y, cellWidth, cellHeight);
      context.fillStyle = Number.isNaN(shade) ? NOT_A_NUMBER : rampColour(theme, shade);
      if (shade === HIDDEN) {
        context.fillStyle = theme.faint;
        context.fillRect(x + cellWidth / 2 - 1, y + cellHeight / 2 - 1, 2, 2);
      } else context.fillRect(x + 0.5, y + 0.5, cellWidth - 1, cellHeight - 1);
    }
}

function hatch(
  context: CanvasRenderingContext2D,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  theme: Theme,
): void {
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.fillStyle = theme.mask;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  context.beginPath();
  for (let d = -box.height; d < box.width; d += 7) {
    context.moveTo(box.x + d, box.y);
    context.lineTo(box.x + d + box.height, box.y + box.height);
  }
  context.stroke();
  context.restore();
}

/** Draws a map's image scaled: hard cells where they are larger than pixels, smooth where they are smaller. */
export function drawImage(
  context: CanvasRenderingContext2D,
  image: HTMLCanvasElement,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  context.imageSmoothingEnabled = box.width < image.width || box.height < image.height;
  context.drawImage(image, box.x, box.y, box.width, box.height);
}

/** The map at one pixel a cell; what is on its way is transparent. */
export function mapImage(
  shades: Float32Array,
  rows: number,
  columns: number,
  theme: Theme,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no 2D canvas.");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const ramp = Uint32Array.from({ length: 256 }, (_, step) =>
    pixelOf(theme.ramp.subarray(3 * step, 3 * step + 3)),
  );
  const mask = pixelOf(colourBytes(theme.mask));
  const hidden = pixelOf(colourBytes(theme.faint));
  const broken = pixelOf(colourBytes(NOT_A_NUMBER));
  for (let i = 0; i < shades.length; i++) {
    const shade = shades[i] ?? UNKNOWN;
    if (shade >= 0) pixels[i] = ramp[Math.min(255, Math.round(255 * shade))] ?? 0;
    else if (shade === MASKED) pixels[i] = mask;
    else if (shade === HIDDEN) pixels[i] = hidden;
    else pixels[i] = shade === UNKNOWN ? 0 : broken;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** An opaque pixel of an image, whose bytes are in the order red, green, blue, alpha. */
function pixelOf([red = 0, green = 0, blue = 0]: ArrayLike<number> & Iterable<number>): number {
  return new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0] ?? 0;
}

function colourBytes(colour: string): readonly number[] {
  const { r, g, b } = rgb(colour);
  return [r, g, b];
}
