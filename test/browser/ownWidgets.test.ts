import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { until, untilEqual } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { examplesUnder, notebookOf } from "./notebook.ts";

const NOTEBOOK = "widgets.ipynb";
const STATE = "application/vnd.jupyter.widget-state+json";

const EXAMPLES = examplesUnder("Widgets of your own");

const PICTURED = `import { loadModel } from "vitrine";
import { routing } from "vitrine/widgets";
routing(await (await loadModel("tiny", { backend: "cpu" })).run("The keys"))`;

/** Its code has not come for as long as nobody lets it go. */
const SLOW_CODE = `export default {
  initialize: () => new Promise((resolve) => { globalThis.letGo = resolve; }),
  render({ model, el }) {
    const show = () => { el.textContent = "level " + model.get("level"); };
    model.on("change:level", show);
    show();
  },
};`;

const CELLS = [
  ...EXAMPLES,
  PICTURED,
  "[size.value, colour.value, count, word.value, wave.get('level')]",
  "if (count > 0) { size.value = 9; colour.value = '#d97706'; wave.set({ samples: new Float32Array(50), level: 0 }) }",
  `import { widget } from "vitrine/widgets";
const slow = widget({ name: "slow", esm: ${JSON.stringify(SLOW_CODE)}, state: { level: 1 } });
slow`,
  "slow.set({ level: slow.get('level') + 1 })",
  `widget({
  name: "drawn",
  esm: "export default { render({ el }) { el.textContent = 'drawn by its code'; } };",
  state: {},
  fallback: () => ({ "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain": "drawn" }),
})`,
];
/** Where the cells are; WRITE does nothing until the button was clicked. */
const [BOX, DAY, LOG, TAB, INTERACT, WAVE, ROUTING, READ, WRITE, SLOW, SET_SLOW, DRAWN] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
] as const;

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  assert.equal(EXAMPLES.length, 6);
  lab = await startLab((root) => writeFileSync(join(root, NOTEBOOK), notebookOf(...CELLS)));
  browser = await LabBrowser.launch("light", 1280, 1400);
  await browser.open(new URL(`/lab/tree/${NOTEBOOK}`, lab.url).href + new URL(lab.url).search);
  await browser.runAll();
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

const cell = (index: number): Locator =>
  browser.page.locator(".jp-Notebook .jp-CodeCell").nth(index);
const output = (index: number): Locator => cell(index).locator(".jp-Cell-outputArea");
const shows = (within: Locator, text: string | RegExp): Promise<void> =>
  within.filter({ hasText: text }).first().waitFor();

async function run(index: number): Promise<void> {
  await cell(index).locator(".jp-InputPrompt").click();
  await browser.command("notebook:run-cell");
  await browser.kernelIdle();
}

/**
 * Waits until the kernel has this of the widgets' state. The page keeps a change back while an earlier one of the same
 * widget is on its way, so that what is asked right after may still be without it.
 */
async function kernelHas(state: string): Promise<void> {
  const read = async (): Promise<string> => {
    await run(READ);
    return ((await output(READ).locator(".jp-OutputArea-output").textContent()) ?? "").trim();
  };
  await until(`the kernel to have ${state}`, async () => (await read()) === state);
}

test("the examples of the documentation run as they stand there", async () => {
  const { page } = browser;
  await output(ROUTING).locator("section.vt").waitFor();
  assert.equal(await page.locator("[data-mime-type*='jupyter.error']").count(), 0);
  assert.equal(await page.locator("[data-mime-type*='stderr']").count(), 0);
  await shows(output(INTERACT), "hahahahaha");
  await untilEqual(() => output(DAY).locator("input[type=text]").inputValue(), "Wednesday");
});

test("the page changes the kernel's state, by keyboard and by mouse", async () => {
  const { page } = browser;
  await output(BOX).locator(".noUi-handle").focus();
  for (const key of ["ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  await shows(output(BOX), "from 4 to 5");
  await output(BOX).locator("select").selectOption("Amber");
  const button = output(LOG).locator("button");
  await button.click();
  await shows(output(LOG), "clicked 1");
  await button.click();
  await shows(output(LOG), /clicked 1\s+clicked 2/);
  await output(TAB).locator("input[type=text]").fill("ho");
  await page.keyboard.press("Tab");
  await output(TAB).locator(".lm-TabBar-tab", { hasText: "Size" }).click();
  await shows(output(TAB).locator(".widget-readout"), "5");
  await output(INTERACT).locator("select").selectOption("ho");
  await shows(output(INTERACT), "hohohohoho");
  await output(WAVE).locator("canvas.wave").click();
  await kernelHas("[ 5, '#d97706', 2, 'ho', 1 ]");
});

test("the kernel changes what the page shows, binary data included", async () => {
  const pixels = (): Promise<string> =>
    output(WAVE)
      .locator("canvas.wave")
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const before = await pixels();
  await run(WRITE);
  await shows(output(BOX).locator(".widget-readout"), "9");
  await untilEqual(() => output(BOX).locator("select").inputValue(), "Amber");
  await until("another wave", async () => (await pixels()) !== before);
});

test("a widget whose code is slow to load hears what the kernel sent meanwhile and later", async () => {
  const { page } = browser;
  await page.waitForFunction(() => "letGo" in globalThis);
  await page.evaluate(async () => {
    // anywidget gives up after two seconds: this signal was made later and comes later.
    const signal = AbortSignal.timeout(2000);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    (globalThis as unknown as { letGo: () => void }).letGo();
  });
  await shows(output(SLOW), "level 2");
  await run(SET_SLOW);
  await shows(output(SLOW), "level 3");
});

test("both themes", async () => {
  const { page } = browser;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page
      .locator(`body[data-jp-theme-light=${colorScheme === "light"}]`)
      .waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await output(BOX).evaluate((area) => area.scrollIntoView());
    await browser.screenshot(`own-widgets-${colorScheme}`);
  }
});

test("after a reload the widgets are live again, as they were left", async () => {
  await browser.command("docmanager:save");
  await browser.reload();
  await browser.kernelIdle();
  await shows(output(BOX).locator(".widget-readout"), "9");
  await output(ROUTING).locator("section.vt").waitFor();
  await output(LOG).locator("button").click();
  await shows(output(LOG), "clicked 3");
  await output(WAVE).locator("canvas.wave").click();
  await kernelHas("[ 9, '#d97706', 3, 'ho', 1 ]");
});

interface Saved {
  cells: { outputs: { data?: Record<string, unknown> }[]; metadata: Record<string, unknown> }[];
  metadata: { widgets?: Record<string, { state: Record<string, { model_name: string }> }> };
}
const savedNotebook = (): Saved => JSON.parse(readFileSync(join(lab.root, NOTEBOOK), "utf8"));

test("the notebook holds the state of what has no picture or responds by itself, and the picture of what has one", async () => {
  await browser.command("docmanager:save");
  const { metadata, cells } = savedNotebook();
  const models = metadata.widgets?.[STATE]?.state ?? {};
  const idIn = (index: number): string =>
    cells[index]!.outputs.flatMap(({ data = {} }) => {
      const view = data["application/vnd.jupyter.widget-view+json"] as { model_id: string };
      return view === undefined ? [] : [view.model_id];
    })[0] ?? "";
  for (const index of [BOX, LOG, TAB, INTERACT, WAVE, ROUTING]) assert.ok(idIn(index) in models);
  assert.ok(idIn(DRAWN) !== "" && !(idIn(DRAWN) in models));
  const names = Object.values(models).map((model) => model.model_name);
  for (const name of ["IntSliderModel", "DropdownModel", "OutputModel", "AnyModel"]) {
    assert.ok(names.includes(name), name);
  }
  const { [idIn(ROUTING)]: _, ...others } = models;
  assert.ok(JSON.stringify(others).length < 60_000, "state is small");
});

test("without its kernel the notebook shows states and pictures, and saving loses neither", async () => {
  await browser.shutDownKernel();
  await browser.reload();
  await output(DRAWN).locator(".vitrine-picture img").waitFor();
  await output(ROUTING).locator("section.vt").waitFor();
  await shows(output(BOX).locator(".widget-readout"), "9");
  await output(WAVE).locator("canvas.wave").waitFor();
  const before = savedNotebook().metadata.widgets;
  await browser.command("docmanager:save");
  assert.deepEqual(savedNotebook().metadata.widgets, before);
});

test("nothing was asked of another host, and no request failed", () => {
  assert.deepEqual(browser.foreignRequests, []);
  assert.deepEqual(browser.problems, []);
});
