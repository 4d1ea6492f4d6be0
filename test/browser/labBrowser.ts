import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { findChromium } from "../../scripts/test/findChromium.ts";
import { HANG_MS, until } from "../fixtures/until.ts";
import { CHROMIUM_FLAGS } from "./chromiumFlags.ts";

export type Theme = "light" | "dark";

const FLAGS = [
  ...CHROMIUM_FLAGS,
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Names do not resolve: a page that wanted another host would fail, and be recorded.
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

/** Where screenshots go. None is taken where nobody asks for them: no test looks at one, and each is half a second of work. */
const screenshotFolder = process.env.VITRINE_SCREENSHOTS;

/** What JupyterLab puts on `window`, as far as the tests use it. */
interface LabApplication {
  restored: Promise<void>;
  commands: { execute(id: string): Promise<unknown> };
  shell: { currentWidget: LabPanel | null };
}
interface LabMessage {
  msg: { header: { msg_type: string } };
  direction: "send" | "recv";
}
interface LabKernel {
  connectionStatus: string;
  status: string;
  requestDebug(content: object): { done: Promise<unknown> };
  requestKernelInfo(): Promise<unknown>;
  anyMessage: { connect(listener: (sender: unknown, message: LabMessage) => void): void };
}
interface LabPanel {
  context: { save(): Promise<void> };
  sessionContext: {
    session: { kernel: LabKernel | null } | null;
    shutdown(): Promise<void>;
  };
  content: { node: HTMLElement };
}
type LabWindow = Window & { jupyterapp?: LabApplication };

/** One browser with one page on the workspace; it records what went wrong and what was asked of other hosts. */
export class LabBrowser {
  readonly page: Page;
  readonly problems: string[] = [];
  readonly foreignRequests: string[] = [];
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, page: Page, profile: string) {
    this.#context = context;
    this.#profile = profile;
    this.page = page;
    context.setDefaultTimeout(HANG_MS); // of pages that it opens by itself too
    page.on("pageerror", (error) => this.problems.push(`page error: ${error.stack}`));
    page.on("response", (response) => {
      if (response.status() >= 400) this.problems.push(`${response.status()} ${response.url()}`);
    });
    context.on("request", (request) => this.#note(request.url()));
    page.on("websocket", (socket) => this.#note(socket.url()));
  }

  static async launch(theme: Theme = "light", width = 1280, height = 900): Promise<LabBrowser> {
    const executablePath = findChromium();
    if (executablePath === null) throw new Error("Chromium is missing: run npm test once.");
    const profile = mkdtempSync(join(tmpdir(), "vitrine-profile-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      colorScheme: theme,
      viewport: { width, height },
      args: FLAGS,
      timeout: HANG_MS,
    });
    return new LabBrowser(context, context.pages()[0] ?? (await context.newPage()), profile);
  }

  /** A second tab of the same browser. Closing either closes both. */
  async newTab(): Promise<LabBrowser> {
    return new LabBrowser(this.#context, await this.#context.newPage(), this.#profile);
  }

  #note(url: string): void {
    if (/^(data|blob):/.test(url)) return;
    if (new URL(url).hostname !== "127.0.0.1") this.foreignRequests.push(url);
  }

  /** Opens the address of a notebook and waits until it is there. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.notebookReady();
  }

  /** Loads the page again, as F5 does. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.notebookReady();
  }

  async notebookReady(): Promise<void> {
    await this.page.waitForFunction(async () => {
      await (window as LabWindow).jupyterapp?.restored;
      const panel = (window as LabWindow).jupyterapp?.shell.currentWidget;
      return panel?.sessionContext && panel.content.node.querySelector(".jp-Cell") !== null;
    });
  }

  /** Chooses an item of a menu, by way of others that open menus of their own. A page that is still opening may close a menu again. */
  async choose(menu: string, ...items: readonly string[]): Promise<void> {
    const bar = this.page.locator("#jp-MainMenu .lm-MenuBar-item", { hasText: menu });
    const entries = items.map((item) =>
      this.page.locator(".lm-Menu-item", { hasText: new RegExp(`^${item}`) }).first(),
    );
    await until(`${items.join(", ")} in the menu ${menu}`, async () => {
      if (!(await entries[0]?.isVisible())) await bar.click();
      for (const entry of entries) {
        const act = entry === entries.at(-1) ? entry.click : entry.hover;
        if (
          !(await act.call(entry, { timeout: 5000 }).then(
            () => true,
            () => false,
          ))
        )
          return false;
      }
      return true;
    });
  }

  /** Waits until the notebook's kernel is connected and has nothing to do. */
  async kernelIdle(): Promise<void> {
    await this.page.waitForFunction(() => {
      const kernel = (window as LabWindow).jupyterapp?.shell.currentWidget?.sessionContext.session
        ?.kernel;
      return kernel?.connectionStatus === "connected" && kernel.status === "idle";
    });
  }

  /** Waits until the page has dealt with all that the kernel had sent by now: messages are dealt with in their order. */
  async kernelAnswered(): Promise<void> {
    await this.page.evaluate(async () => {
      const context = (window as LabWindow).jupyterapp?.shell.currentWidget?.sessionContext;
      await context?.session?.kernel?.requestKernelInfo();
    });
  }

  /** Puts the cursor into a cell and waits until keys go there. */
  async editCell(cell: Locator): Promise<void> {
    await cell.locator(".cm-content").click();
    await cell.locator(".cm-content:focus").waitFor();
    await this.page.locator(".jp-Notebook.jp-mod-editMode").waitFor();
  }

  /** Runs one of JupyterLab's commands, as a menu item would. */
  async command(id: string): Promise<void> {
    await this.page.evaluate(async (name) => {
      await (window as LabWindow).jupyterapp?.commands.execute(name);
    }, id);
  }

  /** Begins to save the document, as the timer of autosave does. */
  async beginSave(): Promise<void> {
    await this.page.evaluate(() => {
      void (window as LabWindow).jupyterapp?.shell.currentWidget?.context.save();
    });
  }

  /**
   * Run All, until every cell has its number or an error has stopped the rest. What the notebook was saved with is cleared
   * first: whatever is shown afterwards, this run has shown.
   */
  async runAll(): Promise<void> {
    await this.kernelIdle();
    await this.command("notebook:clear-all-cell-outputs");
    await this.command("notebook:run-all-cells");
    await this.page.waitForFunction(
      () =>
        ![...document.querySelectorAll(".jp-InputArea-prompt")].some(
          (e) => e.textContent === "[*]:",
        ),
    );
    await this.kernelIdle();
  }

  /**
   * Ends the notebook's kernel and leaves the notebook open. JupyterLab asks each new kernel about debugging and lets the
   * question fail as a page error if the kernel ends first, so it is waited for.
   */
  async shutDownKernel(): Promise<void> {
    await this.kernelIdle();
    await this.debuggerKnown();
    await this.page.evaluate(async () => {
      await (window as LabWindow).jupyterapp?.shell.currentWidget?.sessionContext.shutdown();
    });
  }

  /**
   * Waits until JupyterLab has asked the kernel all that it asks about debugging when a notebook is opened, one question
   * after the other: until it asks nothing while a question of our own is answered.
   */
  async debuggerKnown(): Promise<void> {
    await this.page.locator(".jp-DebuggerBugButton:not([aria-disabled=true])").waitFor();
    await this.page.evaluate(async () => {
      const context = (window as LabWindow).jupyterapp?.shell.currentWidget?.sessionContext;
      const kernel = context?.session?.kernel;
      let nAsked = 0;
      kernel?.anyMessage.connect((_, { msg, direction }) => {
        if (direction === "send" && msg.header.msg_type === "debug_request") nAsked++;
      });
      do {
        nAsked = 0;
        await kernel?.requestDebug({ type: "request", seq: 0, command: "debugInfo" }).done;
        await new Promise(requestAnimationFrame); // for what the page asks because of an answer
      } while (nAsked > 1);
    });
  }

  /** What the page shows and what the kernel says of debugging, for a failure that tells too little. */
  async seen(): Promise<string> {
    const kernel = await this.page.evaluate(async () => {
      const context = (window as LabWindow).jupyterapp?.shell.currentWidget?.sessionContext;
      const connection = context?.session?.kernel;
      const asked = connection?.requestDebug({
        type: "request",
        seq: 0,
        command: "debugInfo",
      }).done;
      const patience = new Promise((resolve) => setTimeout(resolve, 5000, "no answer"));
      const info = await Promise.race([asked, patience]);
      return JSON.stringify({
        status: connection?.status,
        info: (info as { content?: unknown } | undefined)?.content ?? info,
      });
    });
    return `${(await this.page.locator("body").allInnerTexts()).join("")}\n${kernel}\n${this.problems.join("\n")}`;
  }

  /** A picture of the window, if VITRINE_SCREENSHOTS says where to put it. */
  async screenshot(name: string): Promise<void> {
    if (screenshotFolder === undefined) return;
    mkdirSync(screenshotFolder, { recursive: true });
    await this.page.screenshot({ path: join(screenshotFolder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
