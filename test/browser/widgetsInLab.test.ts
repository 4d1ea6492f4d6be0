import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadModel, type Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { untilEqual } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";

const NOTEBOOK = "01-first-look.ipynb";
const PROMPT = "The keys to the cabinet are on the table. The keys";

let lab: LabServer;
let browser: LabBrowser;
let run: Run;

before(async () => {
  lab = await startLab((root) => {
    cpSync(inRepository("notebooks", NOTEBOOK), join(root, NOTEBOOK));
  }, NOTEBOOK);
  browser = await LabBrowser.launch("light", 1440, 1000);
  await browser.open(lab.url);
  await browser.runAll();
  await browser.page.locator("section.vt").nth(2).waitFor();
  run = await (await loadModel("tiny", { backend: "cpu" })).run(PROMPT);
});

after(async () => {
  run?.model.dispose();
  await browser?.close();
  await lab?.stop();
});

const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await browser.page.keyboard.press(key);
};
const has = (selector: string, wanted: string): Promise<void> =>
  browser.page.locator(selector).filter({ hasText: wanted }).first().waitFor();

test("keys pressed in a picture move in the picture and never command the notebook", async () => {
  const { page } = browser;
  const cells = (): Promise<number> => page.locator(".jp-Cell").count();
  const before = await cells();
  await page.locator(".vt-grid-rows canvas").focus();
  await press("d", "d", "a", "b", "x", "ArrowDown", "ArrowDown", "ArrowRight");
  await has(".vt-route h4", "The (1) · layer 2");
  assert.equal(await cells(), before);
  await press("Escape");
});

test("the numbers shown in JupyterLab are those of a run outside of it", async () => {
  const { page } = browser;
  await page.locator(".vt-overview canvas").focus();
  await press("ArrowDown", "ArrowDown", "Enter");
  await has(".vt-detail-head strong", "Layer 2 · Head 0");
  await press("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft");
  const tile = await run.attentionTile({ layer: 2, head: 0 });
  await has(".vt-tip strong", exactF32(tile.weights[16 * tile.columns + 15] ?? Number.NaN));
  const { indices, weights, nTokens } = await run.routing();
  await has(".vt-route h4", "·key (16)");
  const cells = page.locator(".vt-route-table tbody tr").first().locator("td");
  const layer = Number((await page.locator(".vt-route h4").textContent())?.split("layer ")[1]);
  const at = ((layer - 1) * nTokens + 16) * 2;
  await untilEqual(
    async () => (await cells.allTextContents()).slice(0, 2),
    [String(indices[at]), exactF32(weights[at] ?? Number.NaN)],
  );
});

test("a token pinned in one cell's picture stays lit in the others", async () => {
  const { page } = browser;
  await press("Enter");
  await page.locator(".vt-charts canvas").evaluate((node) => node.scrollIntoView());
  await page.mouse.move(5, 5);
  await has(".vt-cost-line", "·key (16, prefill)");
  await has(".vt-pinned-chip", "·key");
  await page.locator(".vt-charts canvas").focus();
  await press("Escape");
  await has(".vt-cost-line", "Point at a bar");
});
