import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { attention, cost, latent, routing, tokens } from "../../widgets/index.ts";
import { savedNotebook } from "../fixtures/savedNotebook.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { untilEqual } from "../fixtures/until.ts";
import { AnswersAlone } from "./answersAlone.ts";
import { LabBrowser } from "./labBrowser.ts";
import { saveSettings } from "./saveSettings.ts";
import { startStockLab, startStockNotebook, type Workspace } from "./workspaces.ts";

const NOTEBOOK = "saved.ipynb";
const TITLES = ["Attention", "Routing", "Tokens", "Latent cache", "Cost"];
/** Of a kernel that no machine has: the page asks which to take, and has none until it is told. */
const GONE = { kernelspec: { name: "gone", display_name: "Gone", language: "none" } };

for (const { name, start } of [
  { name: "a stock JupyterLab", start: startStockLab },
  { name: "Notebook 7", start: startStockNotebook },
])
  describe(`pictures of a saved notebook in ${name}`, needsStockJupyter, () => {
    let model: Model;
    let run: Run;
    let workspace: Workspace;
    let browser: LabBrowser;

    before(async () => {
      model = await loadModel("tiny", { backend: "cpu" });
      run = await model.run("The keys to the cabinet are on the table.");
      const pictures = [attention(run), routing(run), tokens(run), latent(run), cost(run)];
      workspace = await start(NOTEBOOK, await savedNotebook(pictures, { metadata: GONE }));
      // All cells are in the page, not only those near the window.
      const tracker = "@jupyterlab/notebook-extension:tracker";
      await saveSettings(workspace.url, tracker, { windowingMode: "none" });
      browser = await LabBrowser.launch("light", 1280, 1000);
    });
    after(async () => {
      await browser?.close();
      await workspace?.close();
      model?.dispose();
    });

    const dialog = (title: string): Locator =>
      browser.page.locator(".jp-Dialog", { hasText: title });

    async function answer(title: string, button: string): Promise<void> {
      await dialog(title).getByRole("button", { name: button }).click();
      await dialog(title).waitFor({ state: "detached" });
    }

    /** Each picture has this note, and nothing waits. */
    async function noted(text: string): Promise<void> {
      const notes = browser.page.locator(".vitrine-picture-note", { hasText: text });
      await notes.nth(TITLES.length - 1).waitFor();
      await untilEqual(() => notes.count(), TITLES.length);
      const waiting = browser.page.getByText("Loading widget...").locator("visible=true");
      await untilEqual(() => waiting.count(), 0, "nothing waits");
    }

    async function areAlive(): Promise<void> {
      await noted("Saved with the notebook. Run the cell");
      const { page } = browser;
      await untilEqual(() => page.locator("section.vt h3").allTextContents(), TITLES);
      await untilEqual(() => page.locator(".vitrine-picture img").count(), 0);
    }

    test("who has not trusted it sees its static pictures, in either theme, and a sentence that says so", async () => {
      const { page } = browser;
      await browser.open(workspace.url);
      await answer("Select Kernel", "No Kernel");
      await noted("This notebook is not trusted, so no code of it runs");
      assert.equal(await page.locator(".vitrine-picture img").count(), TITLES.length);
      for (const image of await page.locator(".vitrine-picture img").all()) {
        await image.evaluate((node) => (node as HTMLImageElement).decode());
        assert.notEqual(await image.getAttribute("alt"), "");
      }
      assert.equal(await page.locator("section.vt").count(), 0);
      await page.evaluate(() => document.body.setAttribute("data-jp-theme-light", "false"));
      await page
        .locator('.vitrine-picture img[src*="media%20all"]')
        .nth(TITLES.length - 1)
        .waitFor();
      await page.evaluate(() => document.body.setAttribute("data-jp-theme-light", "true"));
      await browser.screenshot(`stock-not-trusted-${name}`);
    });

    test("once it is trusted its pictures respond where they stand, without a kernel", async () => {
      const trusting = browser.command("notebook:trust");
      await answer("Trust this notebook", "Trust");
      await trusting;
      await areAlive();
      await new AnswersAlone(browser.page, run).all();
      await browser.screenshot(`stock-no-kernel-${name}`);
      await browser.command("docmanager:save");
    });

    test("opened again they respond before a kernel was chosen, and stay when one comes that knows nothing of them", async () => {
      await browser.open(workspace.url);
      await dialog("Select Kernel").waitFor();
      await areAlive();
      await answer("Select Kernel", "Select");
      await browser.kernelIdle();
      await areAlive();
      await new AnswersAlone(browser.page, run).all();
    });

    test("nothing was asked of another host", () => {
      assert.deepEqual(browser.foreignRequests, []);
    });
  });
