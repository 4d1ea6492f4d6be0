import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { certificate, samples } from "../../widgets/index.ts";
import { SUMS_ARMS, SUMS_BEFORE, SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let browser: Browser;
before(async () => {
  browser = await WidgetPage.launch();
});
after(() => browser?.close());

const onPage = (work: (page: WidgetPage, hand: ReturnType<typeof hands>) => Promise<void>) =>
  WidgetPage.during(browser, (page) =>
    work(
      page,
      hands(() => page.page),
    ),
  );

test("samples that are no longer right come first, and open with both replies", () =>
  onPage(async (page, { at, has, press, button }) => {
    await page.show(samples(SUMS_NOW, SUMS_BEFORE, { names: ["tuned", "base"] }));
    await has(".vt-pager", "samples 1 to 6 of 6");
    const names = at(".vt-samples-rows tbody td:first-child");
    assert.deepEqual(await names.allTextContents(), [
      ...["sum-1", "sum-3", "sum-0", "sum-2", "sum-4", "sum-5"],
    ]);
    await button("sum-1").focus();
    await press("ArrowDown", "Enter");
    await has(".vt-sample h4", "sample sum-3");
    assert.equal(await button("sum-3").getAttribute("aria-expanded"), "true");
    await has(".vt-live", "Sample sum-3: ● right → ◌ cut, answer none");
    assert.deepEqual(await at(".vt-sample-sides h5").allTextContents(), [
      ...["tuned", "Reply", "Judged", "base", "Reply", "Judged"],
    ]);
    await press("Escape");
    assert.equal(await at(".vt-sample").count(), 0);
    const focused = await page.page.evaluate(() => document.activeElement?.textContent);
    assert.equal(focused, "sum-3", "the focus goes back to the row");
  }));

test("what was thought is folded, and unfolds", () =>
  onPage(async (page, { at, has, button }) => {
    await page.show(samples(SUMS_NOW));
    await button("sum-2").click();
    const thought = at(".vt-sample details pre");
    assert.equal(await thought.isVisible(), false);
    await at(".vt-sample summary").click();
    assert.equal(await thought.textContent(), "5+6 <is> 11");
    await has(".vt-sample dl", "6 of prompt, 10 of thinking, 2 of answer");
  }));

test("outcomes, arms, text and heads choose and sort, and keep the focus", () =>
  onPage(async (page, { at, has }) => {
    await page.show(samples(SUMS_ARMS));
    await page.page.getByLabel("show").selectOption("cut");
    await has(".vt-pager", "samples 1 to 2 of 2");
    await page.page.getByLabel("arm").selectOption("thinking free");
    await has(".vt-pager", "samples 1 to 1 of 1");
    await page.page.getByLabel("show").selectOption("all");
    await has(".vt-pager", "samples 1 to 6 of 6");
    await at("th button[data-sort=tokens]").click();
    await has("th[aria-sort=ascending]", "tokens");
    await at("th button[data-sort=tokens]").click();
    await has("th[aria-sort=descending]", "tokens");
    const tokens = await at(".vt-samples-rows tbody td.vt-number").allTextContents();
    assert.deepEqual(tokens, ["27", "20", "17", "12", "7", "2"]);
    const focused = await page.page.evaluate(
      () => (document.activeElement as HTMLElement).dataset.sort,
    );
    assert.equal(focused, "tokens");
    await page.page.getByLabel("Text in samples").fill("9+1");
    await has(".vt-pager", "samples 1 to 1 of 1");
    await has(".vt-samples-rows tbody", "9+1=?");
  }));

test("thousands of samples come in pages, and none of the rest is in the page's state", () =>
  onPage(async (page, { at, has, button }) => {
    const [one] = SUMS_NOW.samples;
    assert.ok(one);
    const many = Array.from({ length: 5000 }, (_, index) => ({
      ...one,
      ...{ index, sample: `s${index}`, prompt: `${index} `.repeat(200) },
    }));
    const picture = samples(many);
    assert.ok(
      JSON.stringify(
        ["subtitle", "names", "arms", "shows"].map((key) => picture.get(key as "arms")),
      ).length < 2000,
    );
    await page.show(picture);
    await has(".vt-pager", "samples 1 to 50 of 5000");
    assert.equal(await at(".vt-samples-rows tbody tr").count(), 50);
    await button("Next ›").click();
    await has(".vt-pager", "samples 51 to 100 of 5000");
    await has(".vt-samples-rows tbody", "s50");
    assert.ok(page.largestBufferBytes <= 1_000_000);
  }));

test("a certificate says what ran on what, and shows its counts", () =>
  onPage(async (page, { at, has }) => {
    const replay = "vitrine evaluate ./sums.ts --model <small>";
    await page.show(certificate(SUMS_ARMS, { replay }));
    await has(".vt-certificate", SUMS_ARMS.about.weights ?? "");
    await has(".vt-certificate", replay);
    const cells = await at(".vt-table tbody tr").last().locator("td").allTextContents();
    assert.deepEqual(cells.slice(0, 4), ["thinking free", "5", "0", "1"]);
    assert.match(cells[4] ?? "", /^83\.3 % \(\d+\.\d % to \d+\.\d %, wilson\)$/);
  }));
