import { createRequire } from "node:module";
import type { Canvas } from "@napi-rs/canvas";

/** Size of a canvas that says none, in pixels, as HTML has it. */
const DEFAULT_SIZE = { width: 300, height: 150 };
type Side = keyof typeof DEFAULT_SIZE;

/**
 * Gives the canvas elements of a DOM what they draw on, a bitmap of Skia that is made when something first draws: Observable
 * Plot's colour ramps and rasters are pictures that it draws so.
 * @param prototype of HTMLCanvasElement
 */
export function drawOnCanvas(prototype: HTMLCanvasElement): void {
  const bitmaps = new WeakMap<HTMLCanvasElement, Canvas>();

  /** As large as the attributes say now; another size begins anew, as in a page. */
  const bitmapOf = (element: HTMLCanvasElement): Canvas => {
    const { width, height } = element;
    let bitmap = bitmaps.get(element);
    if (bitmap === undefined) {
      bitmap = skia().createCanvas(width, height);
      bitmaps.set(element, bitmap);
    }
    if (bitmap.width !== width) bitmap.width = width;
    if (bitmap.height !== height) bitmap.height = height;
    return bitmap;
  };

  const side = (name: Side): PropertyDescriptor => ({
    configurable: true,
    get(this: HTMLCanvasElement): number {
      const size = Number.parseInt(this.getAttribute(name) ?? "", 10);
      return size >= 0 ? size : DEFAULT_SIZE[name];
    },
    set(this: HTMLCanvasElement, size: unknown): void {
      this.setAttribute(name, String(Math.trunc(Number(size)) || 0));
      const bitmap = bitmaps.get(this);
      if (bitmap !== undefined) bitmap[name] = this[name]; // which clears it, of the same size too
    },
  });

  const method = (value: unknown): PropertyDescriptor => ({
    value,
    configurable: true,
    writable: true,
  });

  Object.defineProperties(prototype, {
    width: side("width"),
    height: side("height"),
    /** Null for everything but "2d": there is no other. */
    getContext: method(function getContext(
      this: HTMLCanvasElement,
      type: string,
      options?: object,
    ) {
      return type === "2d" ? bitmapOf(this).getContext("2d", options) : null;
    }),
    toDataURL: method(function toDataURL(
      this: HTMLCanvasElement,
      type: "image/jpeg" = "image/png" as never,
      quality?: number,
    ) {
      return bitmapOf(this).toDataURL(type, quality);
    }),
  });
}

function skia(): typeof import("@napi-rs/canvas") {
  return createRequire(import.meta.url)("@napi-rs/canvas") as typeof import("@napi-rs/canvas");
}
