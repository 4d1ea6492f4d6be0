import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { inRepository } from "../../scripts/build/repository.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { examplesUnder, notebookOf } from "./notebook.ts";

const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40" fill="teal"/></svg>`;
const bundle = (data: unknown): string =>
  `({ [Symbol.for("Jupyter.display")]: () => (${JSON.stringify(data)}) })`;
const ESM = `export default { render({ model, el }) {
  const button = document.createElement("button");
  const show = () => { button.textContent = "clicked " + model.get("count"); };
  button.className = "counter";
  button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
  model.on("change:count", show);
  show();
  el.append(button);
} };`;
const WIDGET = `
const host = (globalThis as any)[Symbol.for("vitrine.kernelHost")];
let count = 3;
const comm = host.openComm("jupyter.widget", {
  state: {
    _model_module: "anywidget", _model_name: "AnyModel", _model_module_version: "~0.11.0",
    _view_module: "anywidget", _view_name: "AnyView", _view_module_version: "~0.11.0",
    _view_count: null, _anywidget_id: "test.Counter", _esm: ${JSON.stringify(ESM)}, count,
  },
  buffer_paths: [],
}, { metadata: { version: "2.1.0" } });
comm.onMessage((message: any) => { count = message.data.state?.count ?? count; });
({ [Symbol.for("Jupyter.display")]: () => ({
  "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 1, model_id: comm.id },
  "image/svg+xml": ${JSON.stringify(PICTURE)},
  "text/plain": "a counter",
}) })`;

/** d3, Observable Plot and Plotly, as the documentation has them. */
const CHARTS = examplesUnder("Charts");
const CELLS = [
  'console.log("printed"); console.error("warned"); 6 * 7',
  bundle({ "text/html": "<b id='bold'>bold</b>", "text/plain": "html" }),
  bundle({ "image/svg+xml": PICTURE, "text/plain": "svg" }),
  bundle({ "text/markdown": "# A heading", "text/plain": "markdown" }),
  bundle({ "text/latex": "$\\sqrt{x^2 + 1}$", "text/plain": "latex" }),
  bundle({
    "application/vnd.plotly.v1+json": {
      data: [{ type: "bar", x: ["a", "b", "c"], y: [3, 1, 2] }],
      layout: { title: { text: "A figure" } },
    },
    "text/plain": "figure",
  }),
  WIDGET,
  "count",
  ...CHARTS,
  'function fail(): never { throw new TypeError("on purpose"); }\nfail();',
  "1 // not reached",
];

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  lab = await startLab((root) => {
    writeFileSync(join(root, "outputs.ipynb"), notebookOf(...CELLS));
    // Where cells find Observable Plot; a link that leaves the folder is not served.
    symlinkSync(inRepository("node_modules"), join(root, "node_modules"), "junction");
  });
  browser = await LabBrowser.launch();
  await browser.open(new URL("/lab/tree/outputs.ipynb", lab.url).href + new URL(lab.url).search);
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

const outputArea = (cell: number): Locator =>
  browser.page
    .locator(".jp-Notebook .jp-CodeCell")
    .nth(cell)
    .locator(".jp-OutputArea-child .jp-OutputArea-output");
const shows = (cell: number, text: RegExp): Promise<void> =>
  outputArea(cell).filter({ hasText: text }).first().waitFor();

test("every kind of output of a cell is shown", async () => {
  const { page } = browser;
  const cells = page.locator(".jp-Notebook .jp-CodeCell");
  await browser.runAll();
  await page.waitForSelector(".jp-RenderedText[data-mime-type*='stderr']");
  for (const text of [/printed/, /warned/, /42/]) await shows(0, text);
  assert.match((await outputArea(0).allTextContents()).join("|"), /printed[\s\S]*42/);
  assert.equal(await page.textContent("#bold"), "bold");
  for (const cell of [2, 8, 9]) {
    const picture = cells.nth(cell).locator(".jp-RenderedSVG");
    await picture.first().waitFor();
    assert.equal(await picture.count(), 1, `cell ${cell}`);
  }
  await page.locator(".jp-RenderedMarkdown h1", { hasText: "A heading" }).waitFor();
  await page.waitForSelector(".jp-RenderedLatex mjx-container");
  await page.waitForSelector(".vitrine-plotly .bars", { state: "attached" });
  await cells.nth(10).locator(".vitrine-plotly .bars").waitFor({ state: "attached" });
  const failing = CELLS.length - 2;
  await shows(failing, /TypeError: on purpose/);
  assert.equal(await outputArea(failing + 1).count(), 0, "an error stops the cells after it");
  const prompts = await page.locator(".jp-CodeCell .jp-InputArea-prompt").allTextContents();
  assert.deepEqual(
    prompts.slice(-2),
    [`[${failing + 1}]:`, "[ ]:"],
    "a cell that did not run has no number",
  );
});

test("a widget's state travels both ways", async () => {
  const { page } = browser;
  await page.click("button.counter");
  await page.waitForFunction(
    () => document.querySelector("button.counter")?.textContent === "clicked 4",
  );
  await page.locator(".jp-Notebook .jp-CodeCell").nth(7).click();
  await browser.command("notebook:run-cell");
  await browser.kernelIdle();
  await shows(7, /^4$/);
});

test("members are offered while a cell is typed", async () => {
  const { page } = browser;
  await browser.editCell(page.locator(".jp-CodeCell").last());
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("process.stdo", { delay: 50 });
  const offered = page.locator(".jp-Completer:visible .jp-Completer-item", { hasText: "stdout" });
  await offered.first().waitFor();
  await page.keyboard.press("Escape");
});

test("a saved notebook shows the picture of a widget that no kernel knows", async () => {
  const { page } = browser;
  await browser.screenshot("outputs-light-1280");
  await browser.command("docmanager:save");
  await browser.shutDownKernel();
  await browser.reload();
  const picture = page.locator(".vitrine-picture");
  await picture.waitFor();
  await picture.locator("img").waitFor();
  await picture.filter({ hasText: "Saved picture" }).waitFor();
  assert.equal(await page.locator("button.counter").count(), 0);
  const saved = readFileSync(join(lab.root, "outputs.ipynb"), "utf8");
  assert.match(saved, /<rect width=/);
});

test("nothing was asked of another host, and no request failed", () => {
  assert.deepEqual(browser.foreignRequests, []);
  assert.deepEqual(browser.problems, []);
});
