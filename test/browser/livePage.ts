import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { FromWorker, ToWorker } from "../../site/messages.ts";
import { HANG_MS } from "../fixtures/until.ts";

/** What a page that listens to its worker has on its window; buffers as lists of bytes. */
interface Listening extends Window {
  heard: FromWorker[];
  tell: (message: ToWorker) => void;
}

/** In the page, before anything of it runs: keeps what its worker says, and lets a test speak to the worker. */
const LISTEN = `
  globalThis.heard = [];
  const Started = globalThis.Worker;
  globalThis.Worker = class extends Started {
    constructor(...given) {
      super(...given);
      globalThis.heard = [];
      globalThis.tell = (message) => this.postMessage(message);
      this.addEventListener("message", ({ data }) => globalThis.heard.push(data));
    }
  };`;

/** The live page in a browser, as a reader sees it, with its worker's messages beside. */
export class LivePage {
  readonly page: Page;
  readonly problems: string[] = [];
  /** Addresses that were asked for. */
  readonly asked: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(HANG_MS);
    page.on("pageerror", (error) => this.problems.push(String(error.stack)));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    page.context().on("request", (request) => this.asked.push(request.url()));
  }

  static async open(
    browser: Browser,
    address: string,
    options: BrowserContextOptions = {},
  ): Promise<LivePage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const self = new LivePage(page);
    await page.addInitScript(LISTEN);
    await page.goto(address);
    return self;
  }

  /** Waits until every open picture is drawn from a run of so many tokens, or of any. */
  async drawn(nTokens?: number): Promise<void> {
    await this.page.waitForFunction((n) => {
      const ran = (globalThis as unknown as Listening).heard.findLast(({ kind }) => kind === "ran");
      if (ran?.kind !== "ran" || (n !== undefined && ran.nTokens !== n)) return false;
      const sections = [...document.querySelectorAll<HTMLElement>("#board > section")];
      return sections.every(({ dataset }) => dataset.state === "drawn");
    }, nTokens);
  }

  async status(wanted: RegExp): Promise<void> {
    await this.page.locator("#status").filter({ hasText: wanted }).waitFor();
  }

  /** The state that a picture's comm was opened with. */
  async state(picture: string): Promise<Readonly<Record<string, unknown>>> {
    return this.page.evaluate((name) => {
      const { heard } = globalThis as unknown as Listening;
      const shown = heard.findLast((said) => said.kind === "shown" && said.picture === name);
      const comm = shown?.kind === "shown" ? shown.comm : "";
      const open = heard.find((said) => said.kind === "open" && said.id === comm);
      return open?.kind === "open" ? (open.data.state as Record<string, unknown>) : {};
    }, picture);
  }

  /** Asks a picture's widget as its view does. @returns numbers of the answer's first buffer, f32 or f64 */
  async ask(
    picture: string,
    question: Readonly<Record<string, unknown>>,
    bytes: 4 | 8,
  ): Promise<number[]> {
    return this.page.evaluate(
      async ([name, asked, width]) => {
        const page = globalThis as unknown as Listening;
        const shown = page.heard.findLast((said) => said.kind === "shown" && said.picture === name);
        const id = shown?.kind === "shown" ? shown.comm : "";
        page.tell({ kind: "comm", id, data: { method: "custom", content: asked }, buffers: [] });
        for (;;) {
          for (const said of page.heard) {
            if (said.kind !== "comm" || said.id !== id) continue;
            const content = said.data.content as { id?: number; error?: string } | undefined;
            if (content?.id !== asked.id) continue;
            if (content?.error !== undefined) throw new Error(content.error);
            const buffer = said.buffers[0] as ArrayBuffer;
            return [...(width === 4 ? new Float32Array(buffer) : new Float64Array(buffer))];
          }
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
      [picture, { ...question, id: 1e6 + Math.floor(this.asked.length) }, bytes] as const,
    );
  }

  /** Ends the page, which must have stayed without errors and asked nobody but its own host. */
  async close(origin: string): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.problems, []);
    const elsewhere = this.asked.filter(
      (url) => !url.startsWith(origin) && !/^(data|blob):/.test(url),
    );
    assert.deepEqual(elsewhere, []);
  }
}
