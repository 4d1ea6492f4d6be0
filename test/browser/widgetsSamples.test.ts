import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { arithmeticTask, evaluate, loadModel } from "../../engine/index.node.ts";
import { certificate, samples } from "../../widgets/index.ts";
import { SUMS_ARMS, SUMS_BEFORE, SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { untilEqual } from "../fixtures/until.ts";
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
  onPage(async (page, { at, has, hasCount, press, button }) => {
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
    await hasCount(".vt-sample", 0);
    const focused = await page.page.evaluate(() => document.activeElement?.textContent);
    assert.equal(focused, "sum-3", "the focus goes back to the row");
  }));

test("what was thought is folded, and unfolds", () =>
  onPage(async (page, { at, has, button }) => {
    await page.show(samples(SUMS_NOW));
    await button("sum-2").click();
    const thought = at(".vt-sample details pre");
    await at(".vt-sample summary").waitFor();
    assert.equal(await thought.isVisible(), false);
    await at(".vt-sample summary").click();
    await thought.waitFor();
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
    const tokens = at(".vt-samples-rows tbody td.vt-number");
    await untilEqual(() => tokens.allTextContents(), ["27", "20", "17", "12", "7", "2"]);
    const focused = await page.page.evaluate(
      () => (document.activeElement as HTMLElement).dataset.sort,
    );
    assert.equal(focused, "tokens");
    await page.page.getByLabel("Text in samples").fill("9+1");
    await has(".vt-pager", "samples 1 to 1 of 1");
    await has(".vt-samples-rows tbody", "9+1=?");
  }));

test("thousands of samples come in pages, and none of the rest is in the page's state", () =>
  onPage(async (page, { has, hasCount, button }) => {
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
    await hasCount(".vt-samples-rows tbody tr", 50);
    await button("Next ›").click();
    await has(".vt-pager", "samples 51 to 100 of 5000");
    await has(".vt-samples-rows tbody", "s50");
    assert.ok(page.largestBufferBytes <= 1_000_000);
  }));

test("a sample opens into its run: tokens, routes and attention, which share what is pinned", async (t) => {
  const folder = await temporaryFolder(t);
  const model = await loadModel("tiny", { backend: "cpu", threads: 1 });
  const task = arithmeticTask({ n: 3, size: 2, seed: 1 });
  const result = await evaluate(model, task, {
    ...{ temperature: 0, maxTokens: 12, thinking: { budget: 0 } },
    ...{ folder: join(folder, "sums"), capture: { runs: ["0"] } },
  });
  model.dispose();
  let nOpen = 0;
  const runOf = result.run.bind(result);
  result.run = async (sample) => {
    const run = await runOf(sample);
    const dispose = run.dispose.bind(run);
    run.dispose = () => {
      nOpen--;
      dispose();
    };
    nOpen++;
    return run;
  };
  await onPage(async (page, { at, has, hasCount, press, button }) => {
    await page.show(samples(result, result.samples, { names: ["tuned", "base"] }));
    const [first, second] = result.samples.map(({ sample }) => sample);
    await button(first ?? "").click();
    await has(".vt-sample-runs > div:last-child", "To open runs, pass evaluations");
    const open = button("Open the run of tuned");
    await open.click();
    const heads = at(".vt-nested h3");
    await heads.nth(2).waitFor();
    await untilEqual(() => heads.allTextContents(), ["Tokens", "Routing", "Attention"]);
    const token = at(".vt-nested").first().locator("[data-token]").nth(3);
    await token.click();
    await hasCount(".vt-nested .vt-t.vt-pinned", 1);
    await hasCount(".vt-nested .vt-pinned-chip", 1); // attention has it too
    await press("Escape");
    await hasCount(".vt-nested .vt-pinned-chip", 0);
    assert.equal(await at(".vt-sample").count(), 1, "Escape in a run's picture unpins there");
    await button(second ?? "").click();
    await has(".vt-sample h4", `sample ${second}`); // until then the first sample and its run are there
    await hasCount(".vt-nested", 0);
    await open.click();
    await has(".vt-sample-runs > div:first-child", "Name the sample in capture.runs");
    await button(first ?? "").click();
    await has(".vt-sample h4", `sample ${first}`);
    await open.click();
    await heads.nth(2).waitFor();
    await untilEqual(() => nOpen, 1, "the one before was closed");
    await page.closeViews();
    await untilEqual(() => nOpen, 0, "none outlives its view");
  });
});

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
