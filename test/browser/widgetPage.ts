import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { bytesOf } from "../../kernel/display/buffers.ts";
import {
  type BinaryBuffer,
  type Comm,
  type CommMessage,
  DISPLAY,
  type Displayable,
  installKernelHost,
  type JsonObject,
  type MimeBundle,
} from "../../kernel/display/host.ts";
import { findChromium } from "../../scripts/test/findChromium.ts";
import { HANG_MS } from "../fixtures/until.ts";
import { CHROMIUM_FLAGS } from "./chromiumFlags.ts";
import { framesDrawn } from "./framesDrawn.ts";

/**
 * What travels between the page and the widgets' kernel side; buffers as base64. To the page it goes as JSON, as a comm's messages do:
 * the driver of the browser is slow at objects of many parts.
 */
interface Wire {
  readonly data: JsonObject;
  readonly buffers: readonly string[];
}

/** For finding tests that read before an answer is drawn: every message to the page, and every frame of its pictures, is so late. */
const DELAY_MS = Number(process.env.VITRINE_TEST_DELAY_MS ?? 0);

interface Shown {
  readonly bundle: MimeBundle;
  /** Of the element that the picture stands in. */
  readonly selector: string;
}

interface OpenComm {
  readonly open: Wire;
  readonly toKernel: ((message: CommMessage) => void | Promise<void>)[];
}

/**
 * A plain page that shows widgets without JupyterLab: the real kernel side in this process, the bundled view in a real
 * Chromium, and between them a comm that plays the widget protocol's part.
 */
export class WidgetPage {
  readonly page: Page;
  readonly problems: string[] = [];
  /** Bytes of the largest buffer that any message carried to the page. */
  largestBufferBytes = 0;
  /** Bytes of all buffers that messages carried to the page. */
  bufferBytes = 0;
  /** Questions of the page that the kernel's side is done with. */
  #nAnswered = 0;
  /** Messages to the page that it has not taken in yet. */
  #nUndelivered = 0;
  readonly #comms = new Map<string, OpenComm>();

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(HANG_MS);
    page.on("pageerror", (error) => this.problems.push(String(error.stack)));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(data|blob|about):/.test(request.url())) this.problems.push(`asked ${request.url()}`);
    });
  }

  /** A browser for many pages, which share nothing but its process. */
  static async launch(): Promise<Browser> {
    const executablePath = findChromium();
    if (executablePath === null) throw new Error("Chromium is missing: run npm test once.");
    return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS], timeout: HANG_MS });
  }

  static async open(
    browser: Browser,
    options: { width?: number; height?: number; dark?: boolean; density?: number } = {},
  ): Promise<WidgetPage> {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
      deviceScaleFactor: options.density ?? 1,
      colorScheme: options.dark ? "dark" : "light",
    });
    const self = new WidgetPage(page);
    self.#installHost();
    await page.exposeBinding("toKernel", (_, id: string, wire: Wire) => self.#receive(id, wire));
    await page.setContent(
      `<!doctype html><meta charset="utf-8"><body style="margin:0;${options.dark ? "background:#111418;color:#e4e7eb" : "background:#fff"}"></body>`,
    );
    await page.evaluate(PAGE_SIDE);
    if (DELAY_MS > 0) await page.evaluate(LATE_FRAMES);
    return self;
  }

  /** A page for some work, closed behind it; it must have stayed without errors and requests. */
  static async during<Result>(
    browser: Browser,
    work: (page: WidgetPage) => Promise<Result>,
    options: Parameters<typeof WidgetPage.open>[1] = {},
  ): Promise<Result> {
    const page = await WidgetPage.open(browser, options);
    try {
      const result = await work(page);
      assert.deepEqual(page.problems, []);
      return result;
    } finally {
      await page.close();
    }
  }

  /** Displays a widget at the end of the page, and waits until it is drawn: nobody points at what is not there yet. */
  async show(widget: Displayable): Promise<Shown> {
    const shown = await this.place(widget);
    await this.framesDrawn();
    return shown;
  }

  /** As `show`, without waiting for the frame that draws it. */
  async place(widget: Displayable): Promise<Shown> {
    const bundle = await widget[DISPLAY]();
    const view = bundle["application/vnd.jupyter.widget-view+json"] as { model_id: string };
    const comm = this.#comms.get(view.model_id);
    if (!comm) throw new Error(`no comm ${view.model_id}`);
    const selector = `w-${view.model_id}`;
    await this.page.evaluate(
      ([id, element, open]) =>
        (globalThis as unknown as PageSide).showWidget(id, element, JSON.parse(open)),
      [view.model_id, selector, JSON.stringify(comm.open)] as const,
    );
    return { bundle, selector: `#${selector}` };
  }

  /** Waits until what was done before is drawn, a change of the page's size too. What is asked for on the way is not waited for. */
  framesDrawn(): Promise<void> {
    return framesDrawn(this.page);
  }

  /**
   * Waits until what the page shows is drawn, and all that it asked for on the way is answered and drawn too. What it will ask when a
   * timer ends, as where a pointer rests or typing pauses, is not waited for.
   */
  async settled(): Promise<void> {
    let nAsked: number;
    do {
      await this.framesDrawn();
      // The page itself counts: what it has asked may not have come here yet.
      nAsked = await this.page.evaluate(() => (globalThis as unknown as PageSide).nAsked());
    } while (nAsked > this.#nAnswered || this.#nUndelivered > 0);
    await this.framesDrawn();
  }

  /** Runs every view's cleanup. */
  async closeViews(): Promise<void> {
    await this.page.evaluate(() => (globalThis as unknown as PageSide).closeViews());
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async #receive(id: string, wire: Wire): Promise<void> {
    const message: CommMessage = {
      data: wire.data,
      metadata: {},
      buffers: wire.buffers.map((text) => {
        const bytes = Buffer.from(text, "base64");
        return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }),
    };
    try {
      for (const listener of this.#comms.get(id)?.toKernel ?? []) await listener(message);
    } finally {
      this.#nAnswered++;
    }
  }

  async #deliver(id: string, wire: Wire): Promise<void> {
    this.#nUndelivered++;
    try {
      if (DELAY_MS > 0) await sleep(DELAY_MS);
      await this.page.evaluate(
        ([to, json]) => (globalThis as unknown as PageSide).fromKernel(to, JSON.parse(json)),
        [id, JSON.stringify(wire)] as const,
      );
    } finally {
      this.#nUndelivered--;
    }
  }

  #wireOf(data: JsonObject, buffers: readonly BinaryBuffer[] = []): Wire {
    const bytes = buffers.map(bytesOf);
    const lengths = bytes.map((b) => b.byteLength);
    this.largestBufferBytes = Math.max(this.largestBufferBytes, ...lengths);
    this.bufferBytes += lengths.reduce((a, b) => a + b, 0);
    return { data, buffers: bytes.map((b) => Buffer.from(b).toString("base64")) };
  }

  #installHost(): void {
    let nComms = 0;
    installKernelHost({
      display: () => {},
      clearOutput: () => {},
      releaseComms: () => {},
      registerCommTarget: () => {},
      startTimer: setTimeout,
      interruptSignal: null,
      requestOver: null,
      sourceCell: null,
      capture: () => Promise.reject(new Error("nothing is captured here")),
      openComm: (_target, data, options = {}): Comm => {
        const id = `comm${++nComms}`;
        const toKernel: OpenComm["toKernel"] = [];
        this.#comms.set(id, { open: this.#wireOf(data, options.buffers), toKernel });
        return {
          id,
          send: (sent, sentOptions = {}) => {
            this.#deliver(id, this.#wireOf(sent, sentOptions.buffers)).catch(() => {}); // the page may be gone
          },
          close: () => {},
          onMessage: (listener) => void toKernel.push(listener),
          onClose: () => {},
          retain: () => {},
        };
      },
    });
  }
}

interface PageSide {
  showWidget(id: string, element: string, open: Wire): Promise<void>;
  fromKernel(id: string, wire: Wire): void;
  closeViews(): void;
  /** Messages that the page has sent. */
  nAsked(): number;
}

/** The page's end: a model with anywidget's interface over the comm. Plain JavaScript, run in the page. */
const PAGE_SIDE = `(() => {
  const models = new Map();
  const cleanups = [];
  let nAsked = 0;
  const tell = (id, wire) => {
    nAsked++;
    toKernel(id, wire);
  };
  const view = (text) => {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return new DataView(bytes.buffer);
  };
  const put = (state, wire) => {
    (wire.data.buffer_paths ?? []).forEach((path, i) => {
      let node = state;
      for (const key of path.slice(0, -1)) node = node[key];
      node[path.at(-1)] = view(wire.buffers[i]);
    });
    return state;
  };
  globalThis.showWidget = async (id, elementId, wire) => {
    const state = put(wire.data.state, wire);
    const listeners = new Map();
    let dirty = {};
    const model = {
      get: (key) => state[key],
      set: (key, value) => { state[key] = value; dirty[key] = value; },
      save_changes: () => { tell(id, { data: { method: "update", state: dirty, buffer_paths: [] }, buffers: [] }); dirty = {}; },
      send: (content) => { tell(id, { data: { method: "custom", content }, buffers: [] }); },
      on: (event, f) => { listeners.set(event, [...(listeners.get(event) ?? []), f]); },
      off: (event, f) => { listeners.set(event, (listeners.get(event) ?? []).filter((g) => g !== f)); },
    };
    models.set(id, { state, listeners });
    const el = document.createElement("div");
    el.id = elementId;
    document.body.append(el);
    const url = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
    const module = await import(url);
    cleanups.push(await module.default.render({ model, el }));
  };
  globalThis.fromKernel = (id, wire) => {
    const { state, listeners } = models.get(id);
    if (wire.data.method === "custom") {
      for (const f of listeners.get("msg:custom") ?? []) f(wire.data.content, wire.buffers.map(view));
    } else if (wire.data.method === "update") {
      const changes = put(wire.data.state, wire);
      Object.assign(state, changes);
      for (const key of Object.keys(changes)) for (const f of listeners.get("change:" + key) ?? []) f();
    }
  };
  globalThis.nAsked = () => nAsked;
  globalThis.closeViews = () => { for (const f of cleanups.splice(0)) f(); };
})()`;

/** In the page: a frame that is asked for is drawn later. A view may call it off until then. */
const LATE_FRAMES = `(() => {
  const draw = requestAnimationFrame;
  const called = new Map();
  let nAsked = 0;
  globalThis.cancelAnimationFrame = (id) => void called.delete(id);
  globalThis.requestAnimationFrame = (frame) => {
    const id = ++nAsked;
    called.set(id, frame);
    setTimeout(() => draw((time) => {
      const due = called.get(id);
      called.delete(id);
      due?.(time);
    }), ${DELAY_MS});
    return id;
  };
})()`;
