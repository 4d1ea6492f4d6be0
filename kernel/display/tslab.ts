import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { kernelHost } from "./host.ts";

/**
 * The module `tslab` of notebooks written for that kernel: `tslab.display.html(...)`, `tslab.newDisplay()`.
 * @see https://github.com/yunabe/tslab
 */

/** Shows one kind of content below the cell. */
class Display {
  readonly #id: string | undefined;
  #isShown = false;

  /** @param id of the place whose content each call replaces; none for a new place each time */
  constructor(id?: string) {
    this.#id = id;
  }

  javascript(code: string): void {
    this.raw("text/javascript", code);
  }
  html(markup: string): void {
    this.raw("text/html", markup);
  }
  markdown(text: string): void {
    this.raw("text/markdown", text);
  }
  latex(text: string): void {
    this.raw("text/latex", text);
  }
  svg(markup: string): void {
    this.raw("image/svg+xml", markup);
  }
  png(bytes: Uint8Array): void {
    this.raw("image/png", bytes);
  }
  jpeg(bytes: Uint8Array): void {
    this.raw("image/jpeg", bytes);
  }
  gif(bytes: Uint8Array): void {
    this.raw("image/gif", bytes);
  }
  pdf(bytes: Uint8Array): void {
    this.raw("application/pdf", bytes);
  }
  text(text: string): void {
    this.raw("text/plain", text);
  }

  /** @throws Error outside a kernel, where there is nothing to show on */
  raw(contentType: string, content: string | Uint8Array): void {
    const host = kernelHost();
    if (host === null) {
      throw new Error(
        "tslab.display: expected to run in a notebook, got a plain process. Run it in a cell.",
      );
    }
    host.display(
      { [contentType]: content },
      this.#id === undefined ? {} : { displayId: this.#id, update: this.#isShown },
    );
    this.#isShown = true;
  }
}

export const display = new Display();

/** A display of its own place: whatever it shows replaces what it showed before. */
export function newDisplay(): Display {
  return new Display(randomUUID());
}

const { version: typescript } = createRequire(import.meta.url)("typescript/package.json") as {
  version: string;
};

/** The version of tslab whose interface this is, and of what runs here. */
export const versions = { tslab: "1.0.22", typescript, node: process.version };
