import { createRequire } from "node:module";

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
      const { parseHTML } = createRequire(import.meta.url)("linkedom") as typeof import("linkedom");
      const { document } = parseHTML(PAGE);
      replace(document);
      return document;
    },
    set: replace,
  });
}
