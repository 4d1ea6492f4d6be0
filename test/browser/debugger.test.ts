import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { LabBrowser } from "./labBrowser.ts";
import { notebookOf } from "./notebook.ts";
import { startOwnLab, startStockLab, type Workspace } from "./workspaces.ts";

const CELL = `type Length = number;
function product(a: Length, b: Length): number {
  const result = a * b;
  return result;
}
product(6, 7)`;

/** Below what a file may take, so that a failure can say what it saw. */
const LONGEST_STOP_MS = 120_000;

for (const { name, start, needs } of [
  { name: "this workspace", start: startOwnLab, needs: {} },
  { name: "a stock JupyterLab", start: startStockLab, needs: needsStockJupyter },
])
  describe(`the debugger of ${name}`, needs, () => {
    let workspace: Workspace;
    let browser: LabBrowser;

    before(async () => {
      workspace = await start("debugger.ipynb", notebookOf(CELL));
      browser = await LabBrowser.launch();
      await browser.open(workspace.url);
      await browser.kernelIdle();
    });
    after(async () => {
      await browser?.close();
      await workspace?.close();
    });

    const cell = (): Locator => browser.page.locator(".jp-Notebook .jp-CodeCell").first();
    const frames = (): Locator => browser.page.locator(".jp-DebuggerCallstackFrame");
    const stoppedAt = (line: RegExp): Promise<void> =>
      cell().locator(".cm-line.jp-DebuggerEditor-highlight", { hasText: line }).waitFor();
    /** The row of a variable. */
    const variable = (name: string, value: string): Locator =>
      browser.page.locator(".jp-DebuggerVariables-body .jp-TreeItem", {
        hasText: `${name}${value}`,
      });

    /**
     * Presses the bug, which gives cells a column for breakpoints. JupyterLab takes that away again if the bug was pressed
     * while it was still asking the kernel about debugging.
     */
    async function startDebugger(): Promise<void> {
      await browser.debuggerKnown();
      await browser.page.locator(".jp-DebuggerBugButton").click();
      await cell().locator(".cm-breakpoint-gutter .cm-gutterElement").nth(1).waitFor();
    }

    test("stops at a breakpoint that was clicked, with the cell's line and its variables", async () => {
      await startDebugger();
      await cell().locator(".cm-lineNumbers .cm-gutterElement", { hasText: /^3$/ }).waitFor();
      // The first element of the column gives it its width; a click waits until an element stands still.
      await cell().locator(".cm-breakpoint-gutter .cm-gutterElement").nth(3).click();
      await cell().locator(".cm-breakpoint-icon").last().waitFor();
      await browser.debuggerKnown(); // JupyterLab shows it before it has told the kernel of every change of the editor
      await cell().locator(".jp-InputPrompt").click();
      await browser.page.keyboard.press("Control+Enter");
      const stopped = frames().first().waitFor({ timeout: LONGEST_STOP_MS });
      await stopped.catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await browser.seen()}`);
      });
      await frames().first().filter({ hasText: "product" }).waitFor();
      await stoppedAt(/^\s*const result = a \* b;\s*$/);
      await variable("a", "6").waitFor();
      await variable("b", "7").waitFor();
      await browser.screenshot(`debugger-in-${name.replaceAll(" ", "-")}`);
      await browser.command("debugger:next");
      await stoppedAt(/^\s*return result;\s*$/);
      await variable("result", "42").waitFor();
      await browser.command("debugger:continue");
      await browser.kernelIdle();
      await cell().locator(".jp-OutputArea-output", { hasText: /^42$/ }).waitFor();
      assert.deepEqual(browser.problems, []);
    });
  });
