import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { syntheticRun } from "../../bench/synthetic/attentionRun.ts";
import { attention } from "../../widgets/attention/widget.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { until } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const LONG = 32_768;
/** A map has all its tiles when its bar is gone. */
const WHOLE = ".vt-detail .vt-progress:not(:has(progress:not([hidden])))";

let browser: Browser;
let page: WidgetPage;
before(async () => {
  browser = await WidgetPage.launch();
});
after(() => browser?.close());

const onPage = (body: () => Promise<void>, width = 1280): Promise<void> =>
  WidgetPage.during(
    browser,
    (opened) => {
      page = opened;
      return body();
    },
    { width },
  );
const { press, has } = hands(() => page.page);

async function openFirst(selector: string): Promise<void> {
  await page.page.locator(`${selector} .vt-overview canvas`).focus();
  await press("Enter");
  await has(`${selector} .vt-detail-head strong`, "Layer 0 · Head 0");
}

const pixel = (selector: string, x: number, y: number): Promise<number[]> =>
  page.page
    .locator(`${selector} .vt-map canvas`)
    .evaluate(
      (canvas, [px, py]) =>
        Array.from(
          (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(px, py, 1, 1).data ?? [],
        ),
      [x, y] as const,
    );

test("a map of 32,768 tokens is zoomed down to a cell, whose number is the run's, with at most 1 MB a message", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: LONG, nLayers: 2, nHeads: 2 });
    const { selector } = await page.show(attention(run));
    await openFirst(selector);
    await has(`${selector} .vt-detail .vt-progress`, "the max of each block of 69 × 69 tokens");
    await has(`${selector} .vt-detail .vt-progress`, "below, pale, one query in 342");
    await press("ArrowUp", ...Array(13).fill("+"));
    await has(`${selector} .vt-detail-head`, /queries \d+–32767/);
    await press("ArrowLeft");
    const [query, key] = [LONG - 1, LONG - 2];
    const tile = await run.attentionTile({
      ...{ layer: 0, head: 0, queryStart: query, queryCount: 1, keyStart: key, keyCount: 1 },
    });
    await has(`${selector} .vt-tip strong`, exactF32(tile.weights[0] ?? Number.NaN));
    assert.ok(page.largestBufferBytes <= 2 ** 20, `${page.largestBufferBytes} bytes`);
  }));

test("a drag moves the map with the pointer, and the wheel zooms once the map was chosen", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: 4096, nLayers: 1, nHeads: 1 });
    const { selector } = await page.show(attention(run));
    await openFirst(selector);
    await press("ArrowUp", "+", "+", "Escape", "Enter", "+"); // a sixteenth of the map at its end
    await page.settled();
    const shown = async (): Promise<number> => {
      const text = await page.page.locator(`${selector} .vt-detail-head`).textContent();
      return Number(/queries (\d+)–/.exec(text ?? "")?.[1]);
    };
    const canvas = page.page.locator(`${selector} .vt-map canvas`);
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    assert.ok(box);
    const before = await shown();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.page.mouse.move(x, y);
    await page.page.mouse.down();
    await page.page.mouse.move(x + 60, y + 60, { steps: 4 });
    await page.page.mouse.up();
    await until("the map to have moved", async () => (await shown()) < before);
    await page.settled();
    const moved = await shown();
    await page.page.mouse.wheel(0, 480);
    await page.page.waitForFunction(
      ([css, was]) => !document.querySelector(css as string)?.textContent?.includes(was as string),
      [`${selector} .vt-detail-head`, `queries ${moved}–`] as const,
    );
    assert.ok((await shown()) <= moved);
  }));

test("with the sink hidden the scale is that of what is left, and a block that it was in is drawn without it", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: 2000, nLayers: 1, nHeads: 2 });
    const { selector } = await page.show(attention(run));
    await openFirst(selector);
    await press("]"); // a head with a sink
    await page.page.getByRole("radio", { name: "linear" }).check({ force: true });
    await page.page.locator(`${selector} ${WHOLE}`).waitFor();
    await has(
      `${selector} .vt-detail .vt-progress`,
      "Shown is the max of each block of 5 × 5 tokens.",
    );
    await has(`${selector} .vt-legend`, /weight 01future/);
    await page.page.getByLabel("First tokens").selectOption("1");
    await page.page.locator(`${selector} ${WHOLE}`).waitFor();
    const whole = await run.attentionTile({
      layer: 0,
      head: 1,
      keyStart: 1,
      pool: 5,
      poolKind: "max",
    });
    const largest = whole.weights.reduce((a, b) => Math.max(a, b), 0);
    assert.ok(largest < 1);
    await has(`${selector} .vt-legend`, largest.toPrecision(3));
  }));

test("sums beside the map are those of the rows and columns shown", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: 60, nLayers: 1, nHeads: 1 });
    const { selector } = await page.show(attention(run));
    await openFirst(selector);
    await page.page.getByRole("checkbox", { name: "Sums" }).check();
    await page.page.locator(`${selector} .vt-map canvas`).focus();
    await press("ArrowUp", "ArrowLeft", "ArrowLeft");
    const { weights } = await run.attentionTile({ layer: 0, head: 0 });
    const [query, key] = [59, 57];
    const sum = (at: (i: number) => number) =>
      Array.from({ length: 60 }, (_, i) => weights[at(i)] ?? 0).reduce((a, b) => a + b, 0);
    const row = sum((i) => query * 60 + i).toPrecision(4);
    const column = sum((i) => i * 60 + key).toPrecision(4);
    await has(
      `${selector} .vt-tip`,
      `shown keys get ${row} of the query, the key ${column} of shown queries`,
    );
  }));

test("7808 heads are cells of a metric, sorted, filtered and grouped, and the keyboard reads them", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: 4096, nLayers: 61, nHeads: 128 });
    const { selector } = await page.show(attention(run));
    await has(`${selector} .vt-progress`, "Heads are measured over");
    const canvas = page.page.locator(`${selector} .vt-overview canvas`);
    await page.page.getByLabel("Heads by").selectOption("first");
    await page.page.getByLabel("Metric at least").fill("0.55");
    await page.page.getByLabel("Metric at least").blur();
    await canvas.focus();
    await press("ArrowRight");
    await has(`${selector} [aria-live]`, /first token \(sink\) 0\.600/);
    await page.page.getByLabel("Group").selectOption("kind");
    await page.page.getByRole("button", { name: "Table" }).click();
    await has(`${selector} .vt-table-host`, "entropy");
    assert.ok(page.largestBufferBytes < 2 ** 20);
  }));

test("a band over the whole text leads to the token that it shows", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: 5000, nLayers: 1, nHeads: 2 });
    const { selector } = await page.show(attention(run));
    await openFirst(selector);
    const band = page.page.locator(`${selector} .vt-bands canvas`);
    await has(`${selector} .vt-readout h4`, "(4999) attends to");
    await has(`${selector} .vt-readout-table`, /\d/);
    await band.click({ position: { x: 36, y: 5 } });
    await has(`${selector} .vt-readout h4`, /\((0|[1-9])\) attends to/);
    await band.focus();
    await press("ArrowRight");
    await has(`${selector} .vt-readout h4`, /\([1-9]\d?\) attends to/);
  }));

test("a map of few tokens is drawn in cells: one that is heavy is darker than one that is light", () =>
  onPage(async () => {
    const run = syntheticRun({ nTokens: 12, nLayers: 1, nHeads: 2 });
    const { selector } = await page.show(attention(run));
    await openFirst(selector);
    await press("]");
    await has(`${selector} .vt-detail-head strong`, "Layer 0 · Head 1");
    await page.page.locator(`${selector} .vt-map canvas`).focus();
    await press("ArrowUp");
    const cross = page.page.locator(`${selector} .vt-map-overlay .vt-cross`).first();
    await cross.waitFor({ state: "attached" });
    await page.settled(); // what comes above the map moves it
    const row = await cross.boundingBox();
    const box = await page.page.locator(`${selector} .vt-map canvas`).boundingBox();
    assert.ok(row && box);
    const size = row.width / 12;
    const at = (key: number) => Math.round(row.x - box.x + (key + 0.5) * size);
    const y = Math.round(row.y - box.y + size / 2);
    const light = (colour: number[]) => colour.slice(0, 3).reduce((a, b) => a + b, 0);
    const lightAt = async (key: number) => light(await pixel(selector, at(key), y));
    await until("a heavy cell to be darker", async () => (await lightAt(0)) < (await lightAt(5)));
  }));
