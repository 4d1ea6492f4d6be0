import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { type FileCell, readCells } from "../fixtures/exerciseCells.ts";
import { untilEqual } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startCleanCopy } from "./labServer.ts";

const NOTEBOOK = "01-first-look.ipynb";
const EXERCISE = "seenCells.answer";

let lab: LabServer | undefined;
let browser: LabBrowser | undefined;
after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** What a newcomer does, and how long each step took; nothing is decided by it. */
const steps: { step: string; ms: number }[] = [];
async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  steps.push({ step, ms: performance.now() - start });
  return result;
}

/** Writes an answer in the place of what stands in the exercise's cell, and runs it as a reader does. */
async function answer(at: LabBrowser, text: string): Promise<void> {
  const { page } = at;
  const cell = page.locator(".jp-CodeCell", { hasText: `await ${EXERCISE}(` }).last();
  await at.editCell(cell);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(`await ${EXERCISE}(${text})`);
  await page.keyboard.press("Shift+Enter");
}

test("from the README's first command to an exercise that was answered wrongly, and then rightly", async (t) => {
  const readme = readFileSync(inRepository("README.md"), "utf8");
  const command = /^```sh\n(.*?) {2,}#/m.exec(readme)?.[1];
  assert.equal(command, "npm ci && npm start", "the first command of the README");
  assert.ok(readme.includes(`opens JupyterLab with \`${NOTEBOOK}\``));
  const asking = readCells(NOTEBOOK).find(({ source }) =>
    source.includes(`${EXERCISE}(undefined)`),
  );
  assert.ok(asking !== undefined, "the notebook asks");

  const started = await timed("npm start, nothing built yet, to the address", () =>
    startCleanCopy(),
  );
  lab = started;
  const opened = await LabBrowser.launch();
  browser = opened;
  const { page } = opened;
  await timed("the address to the first notebook", () => opened.open(started.url));
  await page.waitForFunction(() => /^01-first-.* - Vitrine$/.test(document.title));
  await timed("Run All Cells to the last picture", async () => {
    await opened.runAll();
    await page.locator("section.vt").nth(2).waitFor();
  });
  assert.equal(await page.locator("[data-mime-type*='jupyter.error']").count(), 0);
  const cards = page.locator(".vt-exercise");
  await untilEqual(
    () => cards.locator("strong").allTextContents(),
    ["Not answered yet", "Not answered yet"],
    "exercises wait",
  );

  await timed("a wrong answer to its reason", async () => {
    await answer(opened, "18 * 18");
    await page
      .locator(".vt-exercise-wrong", { hasText: "The upper right of it is the future" })
      .waitFor();
  });
  await cards.first().scrollIntoViewIfNeeded();
  await opened.screenshot("exercise-wrong");
  await timed("the right answer to its card", async () => {
    await answer(opened, "171");
    await page.locator(".vt-exercise-right", { hasText: "171 cells" }).waitFor();
  });
  await opened.screenshot("exercise-right");
  await page.locator(".vt-exercise-wrong").waitFor({ state: "detached" }); // the card is replaced

  await opened.command("docmanager:save");
  await page.locator(".jp-mod-dirty").first().waitFor({ state: "detached" });
  const saved = JSON.parse(readFileSync(join(started.root, NOTEBOOK), "utf8")) as {
    cells: (Omit<FileCell, "source"> & { outputs?: unknown })[];
  };
  const kept = saved.cells.find(({ id }) => id === asking.id);
  assert.match(JSON.stringify(kept?.outputs), /vt-exercise-right.*Right/s);
  assert.deepEqual(opened.problems, []);
  assert.deepEqual(opened.foreignRequests, []);
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  for (const { step, ms } of [...steps, { step: "in all", ms: total }])
    t.diagnostic(`${(ms / 1000).toFixed(1)} s  ${step}`);
});
