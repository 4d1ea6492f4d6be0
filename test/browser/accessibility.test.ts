import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import {
  compare,
  conversationCost,
  loadModel,
  logit,
  type Model,
  PRICES,
  type Run,
  scale,
  zero,
} from "../../engine/index.node.ts";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { loginPage } from "../../kernel/server/security/loginPage.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import {
  anatomy,
  attention,
  certificate,
  comparison,
  conversation,
  cost,
  drafts,
  latent,
  precision,
  routing,
  samples,
  sparse,
  stepper,
  sweep,
  thinking,
  tokens,
} from "../../widgets/index.ts";
import { THINKING } from "../fixtures/curveRecords.ts";
import { SUMS_BEFORE, SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import { axeViolations } from "./axe.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PROMPT = "The keys to the cabinet are on the table. The keys";

let model: Model;
let run: Run;
let browser: Browser;
let page: WidgetPage;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run(PROMPT);
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const { press, has, button } = hands(() => page.page);

/** What axe finds in a picture as it now is. */
async function isClean(what: string, selector = "section.vt"): Promise<void> {
  await page.settled();
  assert.deepEqual(await axeViolations(page.page, selector), [], what);
}

for (const dark of [false, true])
  describe(`axe finds nothing in the ${dark ? "dark" : "light"}`, () => {
    const onPage = async (body: () => Promise<void>): Promise<void> => {
      page = await WidgetPage.open(browser, { dark });
      try {
        await body();
        assert.deepEqual(page.problems, []);
      } finally {
        await page.close();
      }
    };

    test("in attention, from all heads down to one", () =>
      onPage(async () => {
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

    test("in routing, and where there is nothing to route", () =>
      onPage(async () => {
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

    test("in the anatomy of a model, layers opened", () =>
      onPage(async () => {
        await page.show(anatomy(model));
        await page.page.locator(".vt-fold").last().click();
        await page.page.locator(".vt-op").last().click();
        await button("Table").click();
        await page.page.locator(".vt-table tbody tr").first().waitFor();
        await isClean("anatomy");
      }));

    test("in two runs side by side", () =>
      onPage(async () => {
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
      onPage(async () => {
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
      onPage(async () => {
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

    test("in the table of heads, sorted, and the mean of layers", () =>
      onPage(async () => {
        await page.show(attention(run, { runs: [await model.run("The dog. The dog")] }));
        await page.page.locator(".vt-segments label", { hasText: "table" }).click();
        await page.page.locator(".vt-heads-table th button", { hasText: "induction" }).click();
        await page.page.locator(".vt-heads-table td button").first().focus();
        await isClean("heads in a table");
        await page.page.getByLabel("Map of", { exact: true }).selectOption("heads");
        await has(".vt-heads-table td button", "L0, mean of");
        await isClean("layers in a table");
      }));

    test("in samples beside others, one opened, and in a certificate", () =>
      onPage(async () => {
        await page.show(samples(SUMS_NOW, SUMS_BEFORE));
        await page.page.locator(".vt-samples-rows td button").first().click();
        await page.page.locator(".vt-sample summary, .vt-sample pre").first().waitFor();
        await isClean("samples");
        await page.page.getByLabel("Text in samples").fill("no such text");
        await has(".vt-pager", "no samples");
        await isClean("no samples");
        const { selector } = await page.show(certificate(SUMS_NOW, { replay: "vitrine evaluate" }));
        await has(".vt-certificate", "vitrine evaluate");
        await isClean("certificate", `${selector} section.vt`);
      }));

    test("in the text of a run, by numbers and by kinds", () =>
      onPage(async () => {
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

    test("in sparse attention: its weights, a query pinned, lengths and both tables", () =>
      onPage(async () => {
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

    test("in drafts: a token pinned, acceptance by label, times and both tables", () =>
      onPage(async () => {
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

    test("in a cache: its latent, a head's keys half way, and the table", () =>
      onPage(async () => {
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

    test("in cost, and its prices", () =>
      onPage(async () => {
        await page.show(cost(run));
        await page.page.locator(".vt-charts canvas").focus();
        await press("ArrowRight", "Enter");
        await page.page.locator(".vt-actions button").click();
        await page.page.locator(".vt-table tbody tr").first().waitFor();
        await isClean("cost");
        await page.page.locator(".vt-price-table tbody tr input[type=number]").first().fill("-3");
        await isClean("a price that cannot be");
      }));

    test("in what a cost goes to, with a token or a part chosen and its table open", () =>
      onPage(async () => {
        await page.show(cost(run));
        for (const label of ["By token", "Cache", "Parameters", "Roofline"]) {
          await page.page.locator(".vt-segments label", { hasText: label }).first().click();
          const chart = page.page.locator(".vt-panel .vt-chart");
          if ((await chart.count()) > 0) {
            await chart.focus();
            await press("ArrowRight", "ArrowRight", "Enter");
            await page.page.locator(".vt-panel .vt-chart-bar .vt-button").click();
            await page.page.locator(".vt-panel .vt-table tbody tr").first().waitFor();
          }
          await isClean(label);
        }
      }));

    test("in a conversation's price and an accuracy curve", () =>
      onPage(async () => {
        const usage = { inputTokens: 9, cachedInputTokens: 3, outputTokens: 4, reasoningTokens: 0 };
        const record = conversationCost([{ usage }, { usage }], Object.values(PRICES));
        for (const picture of [conversation(record), thinking(THINKING)]) {
          const { selector } = await page.show(picture as Displayable);
          await page.page.locator(`${selector} .vt-chart`).focus();
          await press("ArrowRight", "Enter");
          await page.page.locator(`${selector} .vt-actions button`).click();
          await page.page.locator(`${selector} .vt-table tbody tr`).first().waitFor();
          await isClean("its table", `${selector} section.vt`);
        }
      }));

    test("in a stepper, wherever it stands", () =>
      onPage(async () => {
        const s = await model.step(PROMPT);
        const shown = stepper(s);
        await page.show(shown);
        await isClean("nothing has run");
        await s.runTo("blocks.3.attn.hook_pattern");
        await has(".vt-value-title", "hook_pattern");
        await isClean("heads side by side");
        await s.runTo("blocks.3.hook_resid_mid");
        await has(".vt-value-title", "hook_resid_mid");
        await s.set("blocks.3.hook_resid_mid", 0.5, { position: 2 });
        await button("Table").click();
        await page.page.locator(".vt-table tbody tr").first().waitFor();
        await page.page.getByLabel("condition", { exact: true }).fill("value.data[0] >");
        await button("Add breakpoint").click();
        await has(".vt-field-problem", "Expression expected.");
        s.addBreakpoint({ site: "blocks.*.hook_resid_mid", when: () => false });
        await has(".vt-breakpoints li code", "blocks.*.hook_resid_mid");
        await isClean("a written number, a table, a breakpoint, one that is refused");
        await button("branch").click();
        await has("[role=tab][aria-selected=true]", "branch 1");
        await button("finish").click();
        await has(".vt-status", "This stepper is over.");
        await isClean("a branch that is over");
        for (const each of shown.steppers) each.dispose();
        for (const each of shown.runs) each?.dispose();
      }));

    test("on the page that asks for the token", () =>
      onPage(async () => {
        const asks = { next: "/lab", action: "/login", hasPassword: true };
        for (const alert of [undefined, "That is not the token of this server."]) {
          await page.page.setContent(loginPage({ ...asks, ...(alert !== undefined && { alert }) }));
          assert.deepEqual(await axeViolations(page.page, "html"), []);
        }
      }));

    test("in saved pictures, and in values that a cell shows", () =>
      onPage(async () => {
        const s = await model.step(PROMPT);
        await s.runTo("blocks.3.hook_resid_mid");
        const data = Float32Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i);
        const shown: unknown[] = [
          ...[attention(run), routing(run), cost(run), latent(run), stepper(s), thinking(THINKING)],
          { data, shape: [2, 3, 4, 5] },
          await run.get("hook_embed"),
          run.tokens,
        ];
        for (const [i, each] of shown.entries()) {
          const { "text/html": markup } = await toMimeBundle(each);
          await page.page.evaluate(
            ([html, isDark]) => {
              document.body.dataset.jpThemeLight = String(!isDark);
              document.body.innerHTML = `<div id="saved">${html}</div>`;
            },
            [String(markup), dark] as const,
          );
          await isClean(`output ${i}`, "#saved");
        }
        s.dispose();
      }));
  });
