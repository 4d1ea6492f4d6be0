import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";

const NOTEBOOK = "01-first-look.ipynb";
const TITLES = ["Attention", "Routing", "Cost"];

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  lab = await startLab((root) => {
    cpSync(inRepository("notebooks", NOTEBOOK), join(root, NOTEBOOK));
  }, NOTEBOOK);
  browser = await LabBrowser.launch();
  await browser.open(lab.url);
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

const headings = (): Promise<string[]> =>
  browser.page.locator(".jp-OutputArea-output section.vt h3").allTextContents();

test("Run All on the first notebook shows the three pictures and the model's own words", async () => {
  const { page } = browser;
  assert.match(await page.title(), /^01-first-.* - Vitrine$/);
  await browser.runAll(240_000);
  await page.locator("section.vt").nth(2).waitFor({ timeout: 60_000 });
  assert.deepEqual(await headings(), TITLES);
  assert.equal(await page.locator(".jp-OutputArea [data-mime-type*=stderr]").count(), 0);
  assert.equal(await page.locator("[data-mime-type*='jupyter.error']").count(), 0);
  const written = page.locator(".jp-CodeCell").last().locator(".jp-RenderedText");
  assert.ok(((await written.first().textContent()) ?? "").length > 0);
});

test("after a reload the pictures are live again", async () => {
  await browser.command("docmanager:save");
  await browser.reload();
  await browser.page.locator("section.vt").nth(2).waitFor({ timeout: 60_000 });
  assert.deepEqual(await headings(), TITLES);
});

test("the saved notebook opened without its kernel shows the saved pictures", async () => {
  const { page } = browser;
  await browser.shutDownKernel();
  await browser.reload();
  const pictures = page.locator(".vitrine-picture img");
  await pictures.nth(2).waitFor({ timeout: 30_000 });
  assert.equal(await pictures.count(), 3);
  const widths = await pictures.evaluateAll(async (images) => {
    await Promise.all(images.map((image) => (image as HTMLImageElement).decode()));
    return images.map((image) => (image as HTMLImageElement).naturalWidth);
  });
  for (const width of widths) assert.ok(width > 300, `a picture ${width} pixels wide`);
  assert.equal(await page.locator("section.vt").count(), 0);
  const saved = JSON.parse(readFileSync(join(lab.root, NOTEBOOK), "utf8"));
  const bundles = saved.cells.flatMap((cell: { outputs?: { data?: Record<string, unknown> }[] }) =>
    (cell.outputs ?? []).flatMap((output) => output.data ?? []),
  );
  const widgets = bundles.filter(
    (data: Record<string, unknown>) => "application/vnd.jupyter.widget-view+json" in data,
  );
  assert.equal(widgets.length, 3);
  for (const data of widgets) assert.ok(data["image/svg+xml"] && data["text/plain"]);
});

test("nothing was asked of another host, and no request failed", () => {
  assert.deepEqual(browser.foreignRequests, []);
  assert.deepEqual(browser.problems, []);
});
