import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { until } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { notebookOf } from "./notebook.ts";
import { startOwnLab, startStockLab, startStockNotebook, type Workspace } from "./workspaces.ts";

const NOTEBOOK = "kernel.ipynb";
const CELLS = [
  "/** Twice as much. */\nconst double = (x: number): number => 2 * x;\ndouble(21)",
  "console.log('running');\nfor (;;) await new Promise((resolve) => setTimeout(resolve, 10));",
  'import { IntSlider } from "vitrine/widgets";\nconst slider = new IntSlider({ value: 3 });\nslider',
  "slider.value",
  `import { DatePicker, DatetimePicker, NaiveDatetimePicker, TimePicker, VBox } from "vitrine/widgets";
const children = [
  new DatePicker({ value: new Date("2024-01-31") }),
  new TimePicker({ value: "16:30" }),
  new DatetimePicker({ value: new Date(2024, 0, 31, 16, 30) }),
  new NaiveDatetimePicker({ value: new Date(2024, 0, 31, 16, 30) }),
];
new VBox({ children });`,
  "JSON.stringify(children.map(({ value }) => value))",
  "",
];
const [RESULT, ENDLESS, SLIDER, VALUE, PICKERS, PICKED, EMPTY] = [0, 1, 2, 3, 4, 5, 6] as const;

for (const { name, start, hintsByItself, needs } of [
  { name: "this workspace", start: startOwnLab, hintsByItself: true, needs: {} },
  {
    name: "a stock JupyterLab",
    start: startStockLab,
    hintsByItself: false,
    needs: needsStockJupyter,
  },
  { name: "Notebook 7", start: startStockNotebook, hintsByItself: false, needs: needsStockJupyter },
])
  describe(`the kernel in ${name}`, needs, () => {
    let workspace: Workspace;
    let browser: LabBrowser;

    before(async () => {
      workspace = await start(NOTEBOOK, notebookOf(...CELLS));
      browser = await LabBrowser.launch();
      await browser.open(workspace.url);
      await browser.kernelIdle();
    });
    after(async () => {
      await browser?.close();
      await workspace?.close();
    });

    const cell = (index: number): Locator =>
      browser.page.locator(".jp-Notebook .jp-CodeCell").nth(index);
    const output = (index: number): Locator => cell(index).locator(".jp-OutputArea-output");

    async function run(index: number): Promise<void> {
      await cell(index).locator(".jp-InputPrompt").click();
      await browser.command("notebook:run-cell");
      await browser.kernelIdle();
    }

    /**
     * Runs a cell that tells what the kernel has of a widget, until it has this: the page keeps a change back while an
     * earlier one of the same widget is on its way.
     */
    async function runUntil(index: number, told: string): Promise<void> {
      const tell = async (): Promise<string | null> => {
        await run(index);
        return await output(index).textContent();
      };
      await until(`the kernel to have ${told}`, async () => (await tell()) === told);
    }

    /** Puts text into the empty cell, in edit mode. */
    async function type(text: string): Promise<void> {
      await browser.editCell(cell(EMPTY));
      await browser.page.keyboard.press("ControlOrMeta+a");
      await browser.page.keyboard.type(text);
    }

    test("runs a cell", async () => {
      await run(RESULT);
      await output(RESULT).filter({ hasText: /^42$/ }).waitFor();
      await cell(RESULT)
        .locator(".jp-InputPrompt", { hasText: /^\[1\]:$/ })
        .waitFor();
    });

    /** Types text that has hints; where they come by themselves, waits for them: keys mean something else before and after. */
    async function typeHinted(text: string): Promise<void> {
      await type(text);
      await cell(EMPTY).locator(".jp-mod-completer-enabled").waitFor();
      if (hintsByItself) await list().waitFor();
    }
    const list = (): Locator => browser.page.locator(".jp-Completer:visible .jp-Completer-list");

    test("completes with the types of earlier cells", async () => {
      const whole = cell(EMPTY)
        .locator(".cm-content")
        .filter({ hasText: /^double$/ });
      await typeHinted("doub");
      await browser.page.keyboard.press("Tab");
      await list().or(whole).first().waitFor(); // a single choice is taken at once
      if (await list().isVisible()) await browser.page.keyboard.press("Enter");
      await whole.waitFor();
    });

    test("tells what a name is", async () => {
      await typeHinted("double");
      if (hintsByItself) await browser.page.keyboard.press("Escape");
      await list().waitFor({ state: "detached" });
      await browser.page.keyboard.press("Shift+Tab");
      const tooltip = browser.page.locator(".jp-Tooltip", { hasText: "Twice as much" });
      await tooltip.filter({ hasText: /double.*number/s }).waitFor();
      await browser.page.keyboard.press("Escape");
    });

    test("stops a cell that would never end, and keeps what was declared", async () => {
      await cell(ENDLESS).locator(".jp-InputPrompt").click();
      await browser.page.keyboard.press("Control+Enter");
      await output(ENDLESS).filter({ hasText: "running" }).waitFor();
      await browser.page.getByRole("button", { name: "Interrupt the kernel" }).click();
      await browser.kernelIdle();
      await output(ENDLESS)
        .filter({ hasText: /interrupted/i })
        .first()
        .waitFor();
      await run(RESULT);
      await output(RESULT).filter({ hasText: /^42$/ }).waitFor();
    });

    test("shows a control of ipywidgets that both sides change", async () => {
      await run(SLIDER);
      const readout = output(SLIDER).locator(".widget-readout");
      await output(SLIDER).locator(".noUi-target").click(); // its middle; Notebook 7 keeps arrow keys to itself
      await readout.filter({ hasText: /^(4|5)\d$/ }).waitFor();
      const chosen = await readout.textContent();
      await runUntil(VALUE, chosen ?? "");
      await type("slider.value = 7; undefined");
      await run(EMPTY);
      await readout.filter({ hasText: /^7$/ }).waitFor();
    });

    test("shows dates and times, and takes those that are chosen", async () => {
      await run(PICKERS);
      const inputs = output(PICKERS).locator("input");
      await inputs.nth(3).waitFor();
      const shown = await inputs.evaluateAll((all) =>
        all.map((input) => (input as HTMLInputElement).value),
      );
      assert.deepEqual(shown, ["2024-01-31", "16:30", "2024-01-31T16:30", "2024-01-31T16:30"]);
      const chosen = ["2025-12-01", "08:05", "2025-12-01T08:05", "2025-12-01T08:05"];
      for (const [at, value] of chosen.entries()) {
        await inputs.nth(at).fill(value);
        await inputs.nth(at).dispatchEvent("change");
      }
      const moment = new Date(2025, 11, 1, 8, 5);
      const wanted = [new Date("2025-12-01"), "08:05", moment, moment];
      await runUntil(PICKED, `'${JSON.stringify(wanted)}'`);
    });
  });
