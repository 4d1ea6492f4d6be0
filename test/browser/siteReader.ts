import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { HANG_MS } from "../fixtures/until.ts";

/** The pages of a folder of a site, as paths in the site. */
export const pagesIn = (out: string, folder: string): string[] =>
  readdirSync(join(out, folder))
    .filter((name) => name.endsWith(".html"))
    .map((name) => `${folder}/${name}`);

/**
 * A reader who goes from page to page of a site. The pages share a process of the browser, which compiles the five megabytes of
 * Plotly once: on a page of its own each notebook takes four times the CPU time to load.
 */
export class SiteReader {
  readonly page: Page;
  readonly #address: string;
  /** Errors, and what was asked of other origins, since the last visit began. */
  readonly #problems: string[] = [];

  private constructor(page: Page, address: string) {
    this.page = page;
    this.#address = address;
    page.setDefaultTimeout(HANG_MS);
    page.on("pageerror", (error) => this.#problems.push(String(error.stack)));
    page.on("console", (message) => {
      if (message.type() === "error") this.#problems.push(message.text());
    });
    page.on("request", (request) => {
      const isOwn = request.url().startsWith(address) || /^(data|blob):/.test(request.url());
      if (!isOwn) this.#problems.push(`asked ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#problems.push(`${response.status()} ${response.url()}`);
    });
  }

  /** @param address of the site, with a slash at its end; of a folder on disk too, where pictures have no code */
  static async open(browser: Browser, address: string): Promise<SiteReader> {
    const context = await browser.newContext();
    return new SiteReader(await context.newPage(), address);
  }

  /** Loads a page of the site and does some work on it; it must stay without errors and ask nothing of another origin. */
  async visit(
    path: string,
    work: () => Promise<void>,
    { width = 1280, dark = false } = {},
  ): Promise<void> {
    const { page } = this;
    this.#problems.length = 0;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    await page.goto(this.#address + path);
    await page.locator("html[data-site=ready]").waitFor();
    const hasPictures = (await page.locator("script[data-view]").count()) > 0;
    if (hasPictures && !this.#address.startsWith("file:"))
      await page.locator("html[data-pictures=ready]").waitFor();
    await work();
    assert.deepEqual(this.#problems, [], path);
  }

  /** The page is no wider than what shows it. */
  async fits(): Promise<void> {
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth);
    const { width = 0 } = this.page.viewportSize() ?? {};
    assert.ok(wide <= width, `${this.page.url()} is ${wide} wide`);
  }

  /** Milliseconds from the start of the navigation. */
  firstPaint(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const [first] = list.getEntries();
            if (first !== undefined) resolve(first.startTime);
          }).observe({ type: "paint", buffered: true });
        }),
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
