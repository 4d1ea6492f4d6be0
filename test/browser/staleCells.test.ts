import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until, untilEqual } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";

const CELLS = [
  "let n = 20 + 1;\nn",
  "const twice = () => n * 2;\ntwice()",
  "twice() + 1",
  "'apart'",
];

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  lab = await startLab((root) => writeFileSync(join(root, "stale.ipynb"), notebookOf(...CELLS)));
  browser = await LabBrowser.launch();
  const url = new URL(lab.url);
  url.pathname = "/lab/tree/stale.ipynb";
  await browser.open(url.href);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

const cell = (place: number) => browser.page.locator(".jp-CodeCell").nth(place);
const bar = (place: number) => cell(place).locator(".vitrine-stale");

async function run(place: number): Promise<void> {
  await cell(place).locator(".jp-InputPrompt").click();
  await browser.page.keyboard.press("Control+Enter");
}

/** What the marks of cells say, by the cell's place. */
const marks = (): Promise<Record<number, string>> =>
  browser.page.locator(".jp-CodeCell").evaluateAll((cells) =>
    Object.fromEntries(
      cells.flatMap((cell, i) => {
        const mark = cell.querySelector(".vitrine-stale");
        return mark === null ? [] : [[i, mark.getAttribute("title") ?? ""]];
      }),
    ),
  );

/** Waits until exactly these cells are marked, and say this. */
const marked = (wanted: Readonly<Record<number, string>>): Promise<void> =>
  untilEqual(marks, wanted);

test("cells that read what was set anew are marked, with the reason, until they run again", async () => {
  await browser.runAll();
  await marked({});
  await run(0);
  await marked({
    1: "Stale: It read n before cell [5] set it. Run it again.",
    2: "Stale: It read twice of cell [2], which is stale itself. Run it again.",
  });
  assert.equal(await bar(1).getAttribute("role"), "img");
  assert.equal(await bar(1).getAttribute("aria-label"), await bar(1).getAttribute("title"));
  assert.deepEqual(await axeViolations(browser.page, ".vitrine-stale"), []);
  await run(1);
  await marked({ 2: "Stale: It read twice before cell [6] set it. Run it again." });
  await run(2);
  await marked({});
});

test("a cell that was edited is marked, and is not once its text is as it ran", async () => {
  await browser.editCell(cell(1));
  await browser.page.keyboard.press("Control+End");
  await browser.page.keyboard.type(";");
  await marked({
    1: "Stale: It was edited since it ran. Run it again.",
    2: "Stale: It read twice of cell [6], which is stale itself. Run it again.",
  });
  for (const colorScheme of ["light", "dark"] as const) {
    await browser.page.emulateMedia({ colorScheme });
    await browser.page.waitForSelector(`body[data-jp-theme-light=${colorScheme === "light"}]`, {
      state: "attached",
    });
    await until("a bar that can be seen", async () => {
      const { width = 0, height = 0 } = (await bar(1).boundingBox()) ?? {};
      return width > 2 && height > 20;
    });
    await browser.screenshot(`stale-${colorScheme}`);
  }
  await browser.page.keyboard.press("Backspace");
  await marked({});
});

test("nothing is marked in a new kernel", async () => {
  await run(0);
  await untilEqual(async () => Object.keys(await marks()), ["1", "2"]);
  await browser.page.evaluate(async () => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: { shell: { currentWidget: { sessionContext: RestartableContext } } };
    };
    await jupyterapp.shell.currentWidget.sessionContext.restartKernel();
  });
  await marked({});
  assert.deepEqual(browser.problems, []);
});

interface RestartableContext {
  restartKernel(): Promise<void>;
}
