import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { attention, cost, latent, routing, tokens } from "../../widgets/index.ts";
import { savedNotebook } from "../fixtures/savedNotebook.ts";
import { untilEqual } from "../fixtures/until.ts";
import { AnswersAlone } from "./answersAlone.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";

const TITLES = ["Attention", "Routing", "Tokens", "Latent cache", "Cost"];
/** Of a kernel that no machine has: JupyterLab asks which to take, and has none until it is told. */
const GONE = { kernelspec: { name: "gone", display_name: "Gone", language: "none" } };
const OWN = {
  kernelspec: { name: "vitrine", display_name: "TypeScript (Vitrine)", language: "typescript" },
};

let model: Model;
let run: Run;
let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table.");
  const pictures = () => [attention(run), routing(run), tokens(run), latent(run), cost(run)];
  const saved = {
    "gone.ipynb": await savedNotebook(pictures(), { metadata: GONE }),
    "own.ipynb": await savedNotebook(pictures(), { metadata: OWN }),
  };
  lab = await startLab((root) => {
    for (const [name, text] of Object.entries(saved)) writeFileSync(join(root, name), text);
  });
  browser = await LabBrowser.launch("light", 1280, 1000);
});
after(async () => {
  model?.dispose();
  await browser?.close();
  await lab?.stop();
});

/** Opens one notebook, and none that was open before. */
const open = (name: string): Promise<void> =>
  browser.open(new URL(`/lab/tree/${name}${new URL(lab.url).search}&reset`, lab.url).href);

const dialog = (title: string): Locator => browser.page.locator(".jp-Dialog", { hasText: title });

/** Presses a button of a dialog, and waits until that is gone. */
async function answer(title: string, button: string): Promise<void> {
  await dialog(title).getByRole("button", { name: button }).click();
  await dialog(title).waitFor({ state: "detached" });
}

const notes = (text: string): Locator =>
  browser.page.locator(".vitrine-picture-note", { hasText: text });

/** The pictures are alive, in their order, and say why they know no more. */
async function areAlive(): Promise<void> {
  const { page } = browser;
  await page
    .locator(".jp-OutputArea section.vt")
    .nth(TITLES.length - 1)
    .waitFor();
  await notes("Saved with the notebook. Run the cell")
    .nth(TITLES.length - 1)
    .waitFor();
  await untilEqual(() => page.locator("section.vt h3").allTextContents(), TITLES);
  await untilEqual(() => page.locator(".vitrine-picture img").count(), 0, "no static picture");
}

async function hasNoKernel(): Promise<void> {
  const { search } = new URL(lab.url);
  const kernels = await fetch(new URL(`/api/kernels${search}`, lab.url));
  assert.deepEqual(await kernels.json(), []);
}

test("who has not trusted a notebook sees its static pictures, and a sentence that says so", async () => {
  const { page } = browser;
  await open("gone.ipynb");
  await dialog("Select Kernel").waitFor();
  await answer("Select Kernel", "No Kernel");
  await notes("This notebook is not trusted, so no code of it runs")
    .nth(TITLES.length - 1)
    .waitFor();
  assert.equal(await page.locator(".vitrine-picture img").count(), TITLES.length);
  for (const image of await page.locator(".vitrine-picture img").all()) {
    await image.evaluate((node) => (node as HTMLImageElement).decode());
    assert.notEqual(await image.getAttribute("alt"), "");
  }
  const last = (media: string) =>
    page.locator(`.vitrine-picture img[src*="${media}"]`).nth(TITLES.length - 1);
  await page.emulateMedia({ colorScheme: "dark" });
  await last("media%20all").waitFor();
  await page.emulateMedia({ colorScheme: "light" });
  await last("media%20not%20all").waitFor();
  assert.equal(await page.locator("section.vt").count(), 0);
  await browser.screenshot("not-trusted");
});

test("once it is trusted its pictures respond where they stand, without a kernel", async () => {
  const trusting = browser.command("notebook:trust");
  await answer("Trust this notebook", "Trust");
  await trusting;
  await areAlive();
  await hasNoKernel();
  await new AnswersAlone(browser.page, run).all();
  await browser.command("docmanager:save");
});

test("opened again they respond before a kernel was chosen, and saving loses nothing", async () => {
  const metadata = (): unknown =>
    JSON.parse(readFileSync(join(lab.root, "gone.ipynb"), "utf8")).metadata.widgets;
  const before = metadata();
  await open("gone.ipynb");
  await dialog("Select Kernel").waitFor();
  await areAlive(); // behind the question
  await browser.screenshot("no-kernel-yet");
  await answer("Select Kernel", "No Kernel");
  await new AnswersAlone(browser.page, run).all();
  await browser.command("docmanager:save");
  assert.deepEqual(metadata(), before);
  await hasNoKernel();
});

test("what only the model knows is refused at once, with what the notebook holds", async () => {
  const own = new AnswersAlone(browser.page, run).picture("Attention");
  await own.getByLabel("Map of", { exact: true }).selectOption("heads");
  await own
    .locator(".vt-warning", { hasText: /No kernel is here\. This file holds \d+ of the \d+/ })
    .waitFor();
});

for (const colorScheme of ["light", "dark"] as const)
  test(`pictures without a kernel follow the ${colorScheme} theme`, async () => {
    const { page } = browser;
    await page.emulateMedia({ colorScheme });
    const isLight = colorScheme === "light";
    await page.locator(`body[data-jp-theme-light=${isLight}]`).waitFor({ state: "attached" });
    const isDarkInk = (): Promise<boolean> =>
      page
        .locator("section.vt")
        .first()
        .evaluate((node) => Number(/\d+/.exec(getComputedStyle(node).color)?.[0]) < 128);
    await untilEqual(isDarkInk, isLight, "dark ink on a light page");
    await browser.screenshot(`no-kernel-${colorScheme}`);
  });

test("where a kernel cannot start the pictures respond all the same", async () => {
  const { page } = browser;
  await page.route(/\/api\/sessions/, (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 500, json: { message: "no kernel starts here" } })
      : route.continue(),
  );
  await open("own.ipynb");
  await dialog("Error Starting Kernel").waitFor();
  await answer("Error Starting Kernel", "Ok");
  await answer("Select Kernel", "No Kernel");
  const trusting = browser.command("notebook:trust");
  await answer("Trust this notebook", "Trust");
  await trusting;
  await areAlive();
  await new AnswersAlone(page, run).all();
  await browser.command("docmanager:save");
  await page.unrouteAll({ behavior: "wait" });
});

test("a kernel that has started and run nothing changes nothing, and is not asked", async () => {
  await open("own.ipynb");
  await browser.kernelIdle();
  await areAlive();
  await new AnswersAlone(browser.page, run).all();
  const own = new AnswersAlone(browser.page, run).picture("Attention");
  await own.getByLabel("Map of", { exact: true }).selectOption("heads");
  await own.locator(".vt-warning", { hasText: "No kernel is here" }).waitFor();
});

test("nothing was asked of another host", () => {
  assert.deepEqual(browser.foreignRequests, []);
});
