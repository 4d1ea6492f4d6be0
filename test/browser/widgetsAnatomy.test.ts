import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { modelAnatomy } from "../../engine/anatomy/modelAnatomy.ts";
import { anatomyOf, loadModel, type Model, type Run } from "../../engine/index.node.ts";
import type { ModelAnatomy } from "../../engine/trace/schema.ts";
import { anatomy, latent } from "../../widgets/index.ts";
import { siNumber } from "../../widgets/render/formatNumber.ts";
import { everySpec } from "../fixtures/everySpec.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let browser: Browser;
let model: Model;
let run: Run;

before(async () => {
  browser = await WidgetPage.launch();
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys");
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const onPage = (work: (page: WidgetPage, at: ReturnType<typeof hands>) => Promise<void>) =>
  WidgetPage.during(browser, (page) =>
    work(
      page,
      hands(() => page.page),
    ),
  );

test("671 billion parameters are drawn without weights, and 58 equal layers open one by one", () =>
  onPage(async (page, { at, has, press }) => {
    const told = anatomyOf("deepseek-v3");
    await page.show(anatomy(told));
    await has(".vt-header p", "671 G parameters, 36.6 G active, 11.6 G more only draft");
    await at(".vt-part").nth(1).focus();
    await press("ArrowDown");
    await has(".vt-part[aria-current=true] strong", "Layers 3 to 60");
    await at(".vt-fold").nth(1).click();
    const cells = at(".vt-cells").nth(1).locator("button");
    await untilEqual(() => cells.count(), 58);
    await cells.filter({ hasText: "17" }).click();
    await has(".vt-lit-layer", "layer 17");
    await at(".vt-op").first().focus();
    await press("End", "ArrowUp", "ArrowUp", "Home", "ArrowDown");
    await has(".vt-op[aria-selected=true]", "attn.q_a");
    await has(".vt-anatomy-readout dl", "blocks.17.attn.q_a (Cq, M) = (1536, 7168)");
  }));

test("rows and squares have the plan's numbers", () =>
  onPage(async (page, { at, has, button }) => {
    const told = model.anatomy();
    await page.show(anatomy(model));
    const block = told.parts.findIndex(({ kind }) => kind === "block");
    await at(".vt-part").nth(block).click();
    const part = told.parts[block];
    assert.ok(part);
    const counts = part.operators.map(({ weights }) =>
      weights.reduce((sum, { parameters }) => sum + parameters, 0),
    );
    await untilEqual(
      () => at(".vt-op .vt-count").allTextContents(),
      counts.map((count) => (count === 0 ? "" : siNumber(count))),
    );
    const areas = await at(".vt-part svg").evaluateAll((squares) =>
      squares.map((square) =>
        [...square.querySelectorAll("rect")].reduce(
          (sum, rect) =>
            sum + Number(rect.getAttribute("width")) * Number(rect.getAttribute("height")),
          0,
        ),
      ),
    );
    checkAreas(told, areas);
    await button("Table").click();
    await has(".vt-table caption", `Operators of ${model.name}`);
  }));

/** Areas stand to each other as parameters do; a square of 76 pixels is rounded to hundredths of one. */
function checkAreas({ parts }: ModelAnatomy, areas: readonly number[]): void {
  const counts = parts.map((part) => Math.max(1, part.layers.length) * part.parameters);
  const most = Math.max(...counts);
  counts.forEach((count, i) => {
    const wanted = (76 * 76 * count) / most;
    assert.ok(Math.abs((areas[i] ?? 0) - wanted) < 2, `${areas[i]} square pixels, not ${wanted}`);
  });
}

test("names that are shown are sites of the model, and can be copied", () =>
  onPage(async (page, { at, has }) => {
    await page.show(anatomy(run));
    const known = new Set(run.sites().map(({ name }) => name));
    const nOperators = await at(".vt-op").count();
    for (let i = 0; i < nOperators; i++) {
      await at(".vt-op").nth(i).click();
      await page.framesDrawn();
      for (const name of await at(".vt-site-cards code").allTextContents())
        assert.ok(known.has(name), name);
    }
    await at(".vt-site-cards .vt-button").first().click();
    await has(".vt-live", /copied|is marked/);
  }));

test("a layer that is picked here is picked in the run's cache, and the other way round", () =>
  onPage(async (page, { at, has, press }) => {
    await page.show(anatomy(run));
    await page.show(latent(run));
    const layer = 2;
    const part = model.anatomy().parts.find(({ layers }) => layers.includes(layer));
    assert.ok(part && part.layers.length > 1, "a part that opens");
    const index = model.anatomy().parts.findIndex(({ layers }) => layers.includes(layer));
    await at(".vt-latent-stage canvas").focus();
    await press("PageDown", "PageDown", "ArrowDown", "Enter");
    await has(".vt-part[aria-current=true] .vt-lit-layer", `layer ${layer}`);
    await untilEqual(() => at(".vt-part").nth(index).getAttribute("aria-current"), "true");
  }));

test("every architecture is drawn", () =>
  onPage(async (page, { at }) => {
    for (const [name, spec] of everySpec()) {
      const told = modelAnatomy(name, spec);
      const { selector } = await page.show(anatomy(told));
      await at(`${selector} .vt-op`).first().waitFor();
      assert.equal(await at(`${selector} .vt-part`).count(), told.parts.length, name);
      await page.closeViews();
    }
  }));

test("what is no model is refused in a sentence", () => {
  assert.throws(() => anatomy("deepseek-v3" as never), {
    name: "TypeError",
    message: /expected a model, a run or what anatomyOf gives, got "deepseek-v3"\./,
  });
  assert.throws(() => anatomy(model, { layer: 1 } as never), { code: "ERR_OPTION" });
});
