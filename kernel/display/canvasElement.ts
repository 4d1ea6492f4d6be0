import { createRequire } from "node:module";
import type { Bitmap } from "pureimage";
import { encodePng } from "./encodePng.ts";

/** Size of a canvas that says none, in pixels, as HTML has it. */
const DEFAULT_SIZE = { width: 300, height: 150 };
type Side = keyof typeof DEFAULT_SIZE;
type Context = ReturnType<Bitmap["getContext"]>;

/**
 * Gives the canvas elements of a DOM what they draw on, a bitmap of pureimage that is made when something first draws:
 * Observable Plot's colour ramps and rasters are pictures that it draws so. Colours are hexadecimal, by name, rgb() or rgba().
 * @param prototype of HTMLCanvasElement
 */
export function drawOnCanvas(prototype: HTMLCanvasElement): void {
  const contexts = new WeakMap<HTMLCanvasElement, Context>();

  const contextOf = (element: HTMLCanvasElement): Context => {
    const known = contexts.get(element);
    if (known !== undefined) return known;
    const context = makeContext();
    clear(context, element);
    contexts.set(element, context);
    return context;
  };

  const side = (name: Side): PropertyDescriptor => ({
    configurable: true,
    get(this: HTMLCanvasElement): number {
      const size = Number.parseInt(this.getAttribute(name) ?? "", 10);
      return size >= 0 ? size : DEFAULT_SIZE[name];
    },
    set(this: HTMLCanvasElement, size: unknown): void {
      this.setAttribute(name, String(Math.trunc(Number(size)) || 0));
      const context = contexts.get(this);
      if (context !== undefined) clear(context, this); // which a page does at the same size too
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
    getContext: method(function getContext(this: HTMLCanvasElement, type: string) {
      return type === "2d" ? contextOf(this) : null;
    }),
    /** Always a PNG file, which a page gives too where it cannot write what was asked for. */
    toDataURL: method(function toDataURL(this: HTMLCanvasElement) {
      const { width, height, data } = contextOf(this).canvas;
      return `data:image/png;base64,${encodePng(width, height, data).toString("base64")}`;
    }),
  });
}

function makeContext(): Context {
  const { make } = createRequire(import.meta.url)("pureimage") as typeof import("pureimage");
  const createImageData = (width: number, height: number): Bitmap => {
    const image = make(width, height);
    image.data.fill(0);
    return image;
  };
  return Object.assign(make(1, 1).getContext("2d"), { createImageData });
}

/** As large as the element, without a colour anywhere. */
function clear(context: Context, { width, height }: HTMLCanvasElement): void {
  Object.assign(context.canvas, { width, height, data: new Uint8Array(width * height * 4) });
  context.setTransform(1, 0, 0, 1, 0, 0);
}
