import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import {
  type AttributionRecord,
  attribution,
  loadModel,
  type Model,
  type Run,
} from "../../engine/index.node.ts";
import { bySize, partName, signedText } from "../../widgets/attribution/data.ts";
import { attributionBars, tokens } from "../../widgets/index.ts";
import { shortNumber } from "../../widgets/render/formatNumber.ts";
import { HANG_MS, untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PROMPT = "<｜User｜>7+5-3+8=?<｜Assistant｜><think>7+5=1";

let model: Model;
let run: Run;
let record: AttributionRecord;
let browser: Browser;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run(PROMPT);
  const [two = 0, three = 0] = ["2", "3"].map((text) => model.tokenizer.tokenId(text) ?? 0);
  record = await attribution(run, two, { against: three, sources: true });
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const partAt = (order: number) => {
  const part = record.parts[bySize(record.parts.map(({ value }) => value))[order] ?? -1];
  assert.ok(part);
  return part;
};

test("bars stand by size with the engine's numbers, and their sum ends at the logit", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, has, hasCount, press, button } = hands(() => page.page);
    await page.show(attributionBars(record, run));
    await has(".vt-bar-name", partName(partAt(0)));
    const names = await at(".vt-bar-row .vt-bar-name").allTextContents();
    const values = await at(".vt-bar-row .vt-bar-value").allTextContents();
    for (const order of [0, 1, 7, 19]) {
      assert.equal(names[order], partName(partAt(order)));
      assert.equal(values[order], signedText(partAt(order).value));
    }
    assert.equal(names.length, 20 + 3, "the others, the remainder, the logit");
    assert.equal(names[20], `${record.parts.length - 20} weaker parts`);
    const sums = await at(".vt-bar-row .vt-bar-running").allTextContents();
    assert.equal(sums.at(-1), signedText(record.logit));
    assert.equal(sums.at(-2), signedText(record.logit), "parts and remainder are the logit");
    const lengths = await at(".vt-bar-fill").evaluateAll((bars) =>
      bars.map((bar) => bar.getBoundingClientRect().width),
    );
    const ratio = (lengths[0] ?? 0) / (lengths[5] ?? 1);
    const wanted = Math.abs(partAt(0).value / partAt(5).value);
    assert.ok(Math.abs(ratio / wanted - 1) < 0.05, `${ratio} beside ${wanted}`);
    await at(".vt-bars").focus();
    await press("Home", "ArrowDown");
    await has(".vt-attribution-readout td", `${shortNumber(partAt(1).value)} logits`);
    await has(".vt-live", signedText(partAt(1).value));
    await page.page.getByLabel("Rows of one kind").selectOption("all");
    await has(".vt-bars", "remainder");
    await hasCount(".vt-bar-row", record.parts.length + 2);
    await button("Table").click();
    await untilEqual(
      () => at(".vt-table tbody tr").first().locator("td").nth(4).textContent(),
      String(record.parts[0]?.value),
    );
  }));

test("the tree opens by keys down to the tokens that a head reads", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, has, press } = hands(() => page.page);
    await page.show(attributionBars(record, run));
    await page.show(tokens(run));
    await at(".vt-attribution").waitFor();
    await at("input[value=tree]").click();
    await has(".vt-bar-row", "layer 0");
    const layers = [...new Set(record.parts.flatMap(({ layer }) => layer ?? []))];
    for (const layer of layers) {
      const value = record.parts
        .filter((part) => part.layer === layer)
        .reduce((sum, part) => sum + part.value, 0);
      const row = at(".vt-bar-layer").filter({ hasText: `layer ${layer}` });
      await row.filter({ hasText: signedText(value) }).waitFor();
    }
    await at(".vt-bars").focus();
    await press("Home", "ArrowDown", "ArrowDown");
    await has(".vt-live", "layer 0");
    await press("ArrowRight");
    await at("[role=treeitem][aria-level='3']").first().waitFor();
    const own = record.parts.filter(({ layer, kind }) => layer === 0 && kind === "head");
    const head = own.findIndex(
      ({ value }) => Math.abs(value) === Math.max(...own.map((part) => Math.abs(part.value))),
    );
    await at(".vt-bar-part")
      .filter({ hasText: new RegExp(`head ${own[head]?.index}(?!\\d)`) })
      .locator(".vt-twist")
      .click();
    const width = record.position + 1;
    const sources = [...(record.sources?.slice(head * width, (head + 1) * width) ?? [])];
    const [strongest = 0] = bySize(sources);
    const row = at(".vt-bar-source").first();
    await row.waitFor();
    await untilEqual(
      () => row.locator(".vt-bar-value").textContent(),
      signedText(sources[strongest] ?? 0),
    );
    await row.click();
    await at(`.vt-tokens .vt-t.vt-pinned[data-token="${strongest}"]`).waitFor();
    await has(".vt-attribution-side h4", `What layer 0 head ${own[head]?.index} brings`);
  }));

test("without sources heads do not open, and it says how they would", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, has } = hands(() => page.page);
    await page.show(attributionBars({ ...record, sources: null }, run));
    await has(".vt-note", "{ sources: true }");
    await at("input[value=tree]").click();
    await at(".vt-bar-layer .vt-twist").first().click();
    await at("[aria-level='3']").first().waitFor();
    assert.equal(await at("[aria-level='3'][aria-expanded]").count(), 0);
  }));

test("a file of it opens heads without a kernel", async () => {
  const html = await attributionBars(record, run).toHtml();
  const page = await browser.newPage();
  page.setDefaultTimeout(HANG_MS);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.setContent(html);
  await page.locator("input[value=tree]").click();
  await page.locator(".vt-bar-layer .vt-twist").first().click();
  await page.locator("[aria-level='3'][aria-expanded=false] .vt-twist").first().click();
  await page.locator(".vt-bar-source").first().waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});
