import { test } from "node:test";
import { compare, logit, type Run, scale, zero } from "../../engine/index.node.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { anatomy, comparison, drafts, precision, sweep, tokens } from "../../widgets/index.ts";
import { inBothSchemes } from "./inBothSchemes.ts";
import { PROMPT } from "./tinyPages.ts";

inBothSchemes(({ press, has, button, isClean, onPage }) => {
  test("in the anatomy of a model, layers opened", () =>
    onPage(async ({ page, model }) => {
      await page.show(anatomy(model));
      await page.page.locator(".vt-fold").last().click();
      await page.page.locator(".vt-op").last().click();
      await button("Table").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("anatomy");
    }));

  test("in two runs side by side", () =>
    onPage(async ({ page, model, run }) => {
      const other = await model.run(PROMPT, { edits: [scale("blocks.1.hook_mlp_out", 0.9)] });
      await page.show(await precision(other, run));
      await page.page.locator(".vt-grid canvas").first().focus();
      await press("ArrowDown", "Enter");
      await page.page.locator(".vt-text").focus();
      await press("ArrowRight", "ArrowRight", "Enter");
      await has(".vt-precision-readout h4", "Token 1");
      await button("Table").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("precision");
    }));

  test("in a comparison of two runs, of each kind", () =>
    onPage(async ({ page, model, run }) => {
      const other = await model.run(PROMPT, { edits: [scale("blocks.1.hook_mlp_out", 0.9)] });
      await page.show(comparison(run, other, { record: await compare(run, other) }));
      await page.page.locator(".vt-text").focus();
      await press("ArrowRight", "ArrowRight", "Enter");
      await button("Table").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("comparison of tokens");
      for (const tab of ["attention", "routes", "cost"]) {
        await page.page.locator(`input[value=${tab}]`).check({ force: true });
        const map = page.page.locator(".vt-cells canvas").first();
        await map.waitFor(); // until its numbers come it is hidden, and takes no focus
        await map.focus();
        await press("ArrowDown", "ArrowRight", "Enter");
        await page.settled();
        await isClean(`comparison of ${tab}`);
      }
    }));

  test("in a sweep of pairs, a cell pinned, and in one of three axes that was estimated", () =>
    onPage(async ({ page, model }) => {
      const pairs = Array.from({ length: 6 }, (_, i) => ({
        prompt: `The ${"very ".repeat(i)}cat`,
      }));
      const swept = await model.sweep(pairs, {
        grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head"] },
        edit: ({ site, head }) => zero(site, { head }),
        metric: logit(3),
      });
      await page.show(sweep(swept));
      await page.page.locator(".vt-sweep-stage canvas").focus();
      await press("ArrowRight", "ArrowUp", "Enter");
      await button("Table").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("a sweep of pairs");
      const prompts = ["The cat sat on the", "The dog sat on the"];
      const [clean, corrupted] = await Promise.all(prompts.map((prompt) => model.run(prompt)));
      const estimate = await model.attributionPatching(clean as Run, corrupted as Run, {
        grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head", "position"] },
        metric: logit(3),
      });
      const { selector } = await page.show(sweep(estimate) as Displayable);
      await page.page.locator(`${selector} canvas[tabindex]`).focus();
      await press("]", "ArrowRight", "Enter");
      await isClean("an estimate of three axes", `${selector} section.vt`);
    }));

  test("in the text of a run, by numbers and by kinds", () =>
    onPage(async ({ page, run }) => {
      await page.show(tokens(run));
      await page.page.locator(".vt-text").focus();
      await press("ArrowRight", "ArrowRight", "Enter");
      await page.page.locator(".vt-alternatives tbody tr").first().waitFor();
      await page.page.locator(".vt-actions button").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await page.page.locator(".vt-absent summary").click();
      await isClean("surprisal");
      for (const scale of ["log", "rank"]) {
        await page.page.locator(`input[value=${scale}]`).click();
        await isClean(scale);
      }
      await page.page.getByLabel("colour by").selectOption("part");
      await isClean("parts");
    }));

  test("in drafts: a token pinned, acceptance by label, times and both tables", () =>
    onPage(async ({ page, model, run }) => {
      const options = { speculate: "mtp", maxTokens: 24, ignoreEos: true } as const;
      const generation = model.generate(PROMPT, options);
      for await (const _ of generation);
      const worth = await model.speculationWorth(PROMPT, { rounds: 1, maxTokens: 6 });
      await page.show(drafts(generation, { domains: { again: [generation] }, worth }));
      await page.page.locator(".vt-steps").focus();
      await press("ArrowRight", "ArrowDown", "Enter");
      await has(".vt-drafts-readout h4", /\(\d+\)/);
      for (const each of await page.page.getByRole("button", { name: "Table" }).all())
        await each.click();
      await isClean("drafts, a token pinned");
      const refused = await page.show(drafts(run) as Displayable);
      await isClean("nothing drafted", `${refused.selector} section.vt`);
    }));
});
