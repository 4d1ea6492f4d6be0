import { createRequire } from "node:module";
import { type InspectOptionsStylized, inspect } from "node:util";
import { drawOnCanvas } from "./canvasElement.ts";
import { nodeLine } from "./domNode.ts";

const PAGE = "<!doctype html><html><head></head><body></body></html>";

/**
 * Gives cells a `document`, for d3 and others that build elements: a DOM in memory, of which nothing is drawn until a
 * cell shows an element. It is made when something first asks for it. There is no `window`, by which libraries tell
 * that they are in a browser.
 */
export function installLightDom(): void {
  const replace = (value: unknown): void => {
    Object.defineProperty(globalThis, "document", { value, writable: true, configurable: true });
  };
  Object.defineProperty(globalThis, "document", {
    configurable: true,
    get() {
      const document = createDocument();
      replace(document);
      return document;
    },
    set: replace,
  });
}

function createDocument(): Document {
  const { parseHTML } = createRequire(import.meta.url)("linkedom") as typeof import("linkedom");
  const { document, Node, HTMLCanvasElement } = parseHTML(PAGE);
  drawOnCanvas(HTMLCanvasElement.prototype);
  // In lists and in objects; all that holds a node together is of no use to who prints it.
  Object.defineProperty(Node.prototype, inspect.custom, {
    value(this: unknown, _depth: number, { stylize }: InspectOptionsStylized) {
      return stylize(nodeLine(this), "special");
    },
    configurable: true,
    writable: true,
  });
  return document;
}
