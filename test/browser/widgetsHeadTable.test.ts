import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { METRICS } from "../../widgets/attention/data.ts";
import { attention } from "../../widgets/index.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let model: Model;
let run: Run;
let other: Run;
let browser: Browser;
let page: WidgetPage;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table. The keys");
  other = await model.run("The dog sat. The dog");
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const onPage = (body: () => Promise<void>): Promise<void> =>
  WidgetPage.during(browser, (opened) => {
    page = opened;
    return body();
  });
const { press, at, has } = hands(() => page.page);
const asTable = (): Promise<void> => at(".vt-segments label").filter({ hasText: "table" }).click();
const names = (): Promise<string[]> => at(".vt-heads-table td button").allTextContents();

interface Head {
  readonly name: string;
  readonly means: readonly number[];
}

async function headsOf(...runs: readonly Run[]): Promise<Head[]> {
  const heads: Head[] = [];
  for (let layer = 0; layer < model.record.nLayers; layer++) {
    const records = await Promise.all(runs.map((each) => each.headMetrics({ layer })));
    const nHeads = (records[0]?.means.length ?? 0) / METRICS.length;
    for (let head = 0; head < nHeads; head++)
      heads.push({
        name: `L${layer} H${head}`,
        means: METRICS.map((_, m) => {
          const each = records.map(({ means }) => means[head * METRICS.length + m] ?? Number.NaN);
          return Math.fround(each.reduce((sum, x) => sum + x, 0) / runs.length);
        }),
      });
  }
  return heads;
}

const cellsOf = async (row: number): Promise<string[]> =>
  (await at(".vt-heads-table tbody tr").nth(row).locator("td").allTextContents()).slice(2);
const texts = ({ means }: Head): string[] => means.map((x) => x.toPrecision(4));

test("heads stand in rows with the engine's metrics, and a column sorts down, then up", () =>
  onPage(async () => {
    const heads = await headsOf(run);
    await page.show(attention(run));
    await asTable();
    await has(".vt-heads-table td", (heads[0] as Head).means[0]?.toPrecision(4) ?? "");
    await untilEqual(
      names,
      heads.map(({ name }) => name),
    );
    await untilEqual(() => cellsOf(3), texts(heads[3] as Head));
    const m = METRICS.indexOf("induction");
    const sorter = at('.vt-heads-table button[data-sort="induction"]');
    await sorter.click();
    const down = heads.toSorted((a, b) => (b.means[m] ?? 0) - (a.means[m] ?? 0));
    await at('th[aria-sort="descending"]').waitFor();
    await untilEqual(async () => (await names())[0], down[0]?.name);
    await untilEqual(() => page.page.getByLabel("Heads by").inputValue(), "induction");
    await page.page.keyboard.press("Enter"); // the focus stays on the head of the column
    await at('th[aria-sort="ascending"]').waitFor();
    await untilEqual(async () => (await names())[0], down.at(-1)?.name);
    const least = ((down[1]?.means[m] ?? 0) + (down[2]?.means[m] ?? 0)) / 2;
    await page.page.getByLabel("Metric at least").fill(String(least));
    await press("Tab");
    await untilEqual(names, [down[1]?.name ?? "", down[0]?.name ?? ""]);
  }));

test("the keys go from row to row, open a head's map, and come back to its row", () =>
  onPage(async () => {
    await page.show(attention(run));
    await asTable();
    await at(".vt-heads-table td button").first().focus();
    await press("ArrowDown", "ArrowDown", "ArrowUp", "Enter");
    await has(".vt-detail-head strong", "Layer 0 · Head 1");
    await press("Escape");
    await has(".vt-heads-table button:focus", "L0 H1");
  }));

test("a row that is pointed at is lit in the run's other pictures, and what they point at here", () =>
  onPage(async () => {
    const first = await page.show(attention(run));
    const second = await page.show(attention(run));
    await at(`${first.selector} .vt-segments label`).filter({ hasText: "table" }).click();
    await at(`${second.selector} .vt-segments label`).filter({ hasText: "table" }).click();
    await at(`${first.selector} .vt-heads-table tbody tr`).nth(4).hover();
    await at(`${second.selector} .vt-heads-table tbody tr.vt-lit-row`).waitFor();
    const lit = at(`${second.selector} tr.vt-lit-row td button`).first();
    await untilEqual(() => lit.textContent(), (await headsOf(run))[4]?.name ?? "");
  }));

test("means go over heads, and over runs", () =>
  onPage(async () => {
    const [heads, both] = [await headsOf(run), await headsOf(run, other)];
    await page.show(attention(run, { runs: [other] }));
    await asTable();
    await page.page.getByLabel("Metrics of").selectOption("runs");
    await has(".vt-heads-table caption", "then over 2 runs");
    await has(".vt-heads-table td", both.at(-1)?.means[0]?.toPrecision(4) ?? "");
    assert.deepEqual(await cellsOf(1), texts(both[1] as Head));
    await page.page.getByLabel("Metrics of").selectOption("run");
    await page.page.getByLabel("Map of", { exact: true }).selectOption("heads");
    await has(".vt-heads-table td button", /^L0, mean of/);
    const ofLayer = heads.filter(({ name }) => name.startsWith("L1 "));
    const mean = ofLayer.reduce((sum, { means }) => sum + (means[0] ?? 0), 0) / ofLayer.length;
    await untilEqual(async () => (await cellsOf(1))[0], mean.toPrecision(4));
    await at(".vt-heads-table td button").nth(1).click();
    await has(".vt-detail-head strong", "Layer 1 · mean of its heads");
  }));
