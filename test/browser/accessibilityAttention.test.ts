import { test } from "node:test";
import { loadModel } from "../../engine/index.node.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { attention, latent, routing, sparse } from "../../widgets/index.ts";
import { inBothSchemes } from "./inBothSchemes.ts";

inBothSchemes(({ press, has, isClean, onPage }) => {
  test("in attention, from all heads down to one", () =>
    onPage(async ({ page, run }) => {
      await page.show(attention(run));
      await isClean("all heads");
      await page.page.locator(".vt-overview canvas").focus();
      await press("ArrowDown", "Enter");
      await has(".vt-detail-head strong", "Layer 1 · Head 0");
      await press("ArrowUp", "Enter");
      await isClean("one head, a token pinned");
      await page.page.locator(".vt-actions button").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("its table");
    }));

  test("in the table of heads, sorted, and the mean of layers", () =>
    onPage(async ({ page, model, run }) => {
      await page.show(attention(run, { runs: [await model.run("The dog. The dog")] }));
      await page.page.locator(".vt-segments label", { hasText: "table" }).click();
      await page.page.locator(".vt-heads-table th button", { hasText: "induction" }).click();
      await page.page.locator(".vt-heads-table td button").first().focus();
      await isClean("heads in a table");
      await page.page.getByLabel("Map of", { exact: true }).selectOption("heads");
      await has(".vt-heads-table td button", "L0, mean of");
      await isClean("layers in a table");
    }));

  test("in routing, and where there is nothing to route", () =>
    onPage(async ({ page, run }) => {
      await page.show(routing(run));
      await page.page.locator(".vt-grid-rows canvas").focus();
      await press("ArrowDown", "ArrowRight", "Enter");
      await has(".vt-route h4", /\(\d+\)/);
      await page.page.locator(".vt-actions button").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("routes");
      const dense = await loadModel(inRepository("test/fixtures/hf-random/llama3"));
      const refused = await page.show(routing(await dense.run([1, 2, 3])) as Displayable);
      await isClean("a dense model", `${refused.selector} section.vt`);
      dense.dispose();
    }));

  test("in sparse attention: its weights, a query pinned, lengths and both tables", () =>
    onPage(async ({ page }) => {
      const chooser = await loadModel(inRepository("test/fixtures/hf-random/deepseek_v32"));
      const ids = Array.from({ length: 16 }, (_, i) => i);
      await page.show(sparse(await chooser.run(ids)));
      await page.page.locator(".vt-sparse-stage canvas").focus();
      await press("ArrowDown", "ArrowLeft", "Enter");
      await has(".vt-sparse-readout dd", /^-?\d+\.\d/);
      await isClean("kept keys, a query pinned");
      await page.page.locator(".vt-segments label", { hasText: "weights" }).click();
      await page.page.locator(".vt-sparse-lengths .vt-chart").focus();
      await press("ArrowRight");
      for (const each of await page.page.getByRole("button", { name: "Table" }).all())
        await each.click();
      await has(".vt-table tbody td", /^0\.\d/);
      await isClean("weights, a length and the tables");
      chooser.dispose();
    }));

  test("in a cache: its latent, a head's keys half way, and the table", () =>
    onPage(async ({ page, run }) => {
      await page.show(latent(run));
      await page.page.locator(".vt-latent-stage canvas").focus();
      await press("ArrowDown", "ArrowRight", "Enter");
      await has(".vt-latent-readout dd", /^-?\d/);
      await isClean("the latent, a token pinned");
      await page.page.locator(".vt-segments label", { hasText: "keys" }).click();
      await page.page.getByRole("slider").fill("5");
      await page.page.locator(".vt-actions button").click();
      await has(".vt-table tbody td", /^-?\d+\.\d/);
      await isClean("keys, a slider and the table");
    }));
});
