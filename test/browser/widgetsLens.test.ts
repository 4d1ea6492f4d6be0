import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { type LensRecord, lens, loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { lensGrid, tokens } from "../../widgets/index.ts";
import { lensCells, summaryText } from "../../widgets/lens/data.ts";
import { HEAD, nameRoom, ROW } from "../../widgets/lens/layout.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { shortToken } from "../../widgets/render/visibleToken.ts";
import { HANG_MS, untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PROMPT = "The keys to the cabinet are on the table.";

let model: Model;
let run: Run;
let record: LensRecord;
let browser: Browser;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run(PROMPT);
  record = await lens(run, { topK: 10 });
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const textOf = (id: number): string => model.tokenText(id);
const cellAt = (row: number, column: number): number => row * record.positions.length + column;

test("keys lead to the ten tokens of a cell, which are the engine's, and pin them in other pictures", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, has, press, button } = hands(() => page.page);
    await page.show(lensGrid(record, run));
    const cells = lensCells(
      record,
      run.record.tokens.map(({ text }) => text),
      textOf,
    );
    await has(".vt-lens-summary", summaryText(cells));
    await at(".vt-lens-grid canvas").focus();
    await press("Home", ...record.sites.map(() => "ArrowUp"), "ArrowDown", "ArrowDown");
    await press("ArrowRight", "ArrowRight", "ArrowRight");
    const cell = cellAt(2, 3);
    await has(".vt-lens-readout h4", record.sites[2] ?? "");
    await has(".vt-lens-readout p", "(3)");
    await has(".vt-likeliest caption", "The 10 likeliest next tokens");
    const rows = at(".vt-likeliest tbody tr");
    for (const i of [0, 4, 9]) {
      const id = record.ids[10 * cell + i] ?? -1;
      await untilEqual(
        async () => (await rows.nth(i).locator("td").allTextContents()).slice(1, 3),
        [shortToken(textOf(id), 16), exactF32(record.probabilities[10 * cell + i] ?? 0)],
      );
    }
    await has(".vt-lens-readout td", exactF32(record.logProbs[cell] ?? 0));
    await has(".vt-lens-readout td", exactF32(record.entropyBits[cell] ?? 0));
    await has(".vt-live", /at .* Likeliest: /);
    await page.show(tokens(run));
    await at(".vt-lens-grid canvas").focus();
    await press("Enter");
    await at('.vt-tokens .vt-t.vt-pinned[data-token="3"]').waitFor();
    await at(".vt-tokens .vt-t").nth(5).hover();
    await has(".vt-lens-readout p", "(5)");
    await button("Table").first().click();
    const first = at(".vt-table tbody tr").first().locator("td");
    const shown = async () => {
      const cells = await first.allTextContents();
      return [cells[0], cells[1], cells[5]];
    };
    await untilEqual(shown, [record.sites[0], "0", String(record.probabilities[0])]);
  }));

test("of two sites of a layer at one token each is pinned in its turn, and let go by itself alone", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, press } = hands(() => page.page);
    const sites = ["blocks.1.hook_resid_pre", "blocks.1.hook_resid_mid"];
    await page.show(lensGrid(await lens(run, { sites }), run));
    await page.show(tokens(run));
    await at(".vt-lens-grid canvas").focus();
    await press("Home", "Enter");
    const inText = at(".vt-tokens .vt-t.vt-pinned");
    await inText.waitFor();
    const top = (): Promise<string | null> =>
      at(".vt-lens-overlay .vt-pinned-cell").first().getAttribute("y");
    const before = await top();
    await press("ArrowUp", "Enter");
    await page.framesDrawn();
    assert.equal(await inText.count(), 1);
    assert.notEqual(await top(), before);
    await press("Enter");
    await inText.waitFor({ state: "detached" });
  }));

test("a cell is as strong as its number, by each choice of colour", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, has } = hands(() => page.page);
    await page.show(lensGrid(await lens(run, { positions: [2, 3, 4] }), run));
    await at(".vt-lens-overlay text.vt-label").first().waitFor();
    const own = await lens(run, { positions: [2, 3, 4] });
    const names = own.sites.map((site) => site.replace(/blocks\.(\d+)\.hook_resid_/, "$1 "));
    const left = nameRoom(names);
    const blue = (): Promise<number[]> =>
      at(".vt-lens-grid canvas").evaluate(
        (canvas, { x, y, step, n }) => {
          const context = (canvas as HTMLCanvasElement).getContext("2d");
          return Array.from(
            { length: n },
            (_, row) => 255 - (context?.getImageData(x, y + row * step, 1, 1).data[0] ?? 0),
          );
        },
        { x: left + 2, y: HEAD + 2, step: ROW, n: own.sites.length },
      );
    const column = <T>(values: ArrayLike<T>): T[] =>
      own.sites.map((_, row) => values[row * 3] as T);
    const sorted = (values: number[]): number[] =>
      values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
    const isOrdered = (shades: number[], by: number[], what: string): void => {
      const order = sorted(by);
      for (let i = 1; i < order.length; i++)
        assert.ok((shades[order[i - 1] ?? 0] ?? 0) <= (shades[order[i] ?? 0] ?? 0), what);
      assert.ok(new Set(shades).size > 1, `${what}: not all the same`);
    };
    await page.settled();
    const tops = column(own.probabilities.filter((_, i) => i % own.topK === 0));
    isOrdered(await blue(), tops, "probability");
    await at("input[value=entropy]").click();
    await has(".vt-scale-line", "bits, the most here");
    await page.settled();
    isOrdered(await blue(), column(own.entropyBits), "entropy");
    await at("input[value=rank]").click();
    await has(".vt-scale-line", "by decades, none from 10000 on");
    await page.settled();
    isOrdered(
      await blue(),
      column(own.ranks).map((rank) => -rank),
      "rank",
    );
    await at("input[value=target]").click();
    await page.settled();
    isOrdered(await blue(), column(own.logProbs), "target");
  }));

test("of many positions some are shown, and keys, buttons and a click bring others", () =>
  WidgetPage.during(
    browser,
    async (page) => {
      const { at, has, press, button } = hands(() => page.page);
      await page.show(lensGrid(record, run));
      const last = record.positions.length - 1;
      await has(".vt-pager span", new RegExp(`to ${last}, \\d+ of ${last + 1}`));
      await at(".vt-lens-grid canvas").focus();
      await press("Home");
      await has(".vt-pager span", "positions 0 to");
      await has(".vt-lens-readout p", "(0)");
      await untilEqual(() => button("‹ Earlier").isDisabled(), true);
      await press("PageDown");
      const shown = Number(/(\d+) of/.exec((await at(".vt-pager span").textContent()) ?? "")?.[1]);
      await has(".vt-lens-readout p", `(${shown})`);
      await button("Later ›").click();
      await button("‹ Earlier").click();
      await page.settled();
      const overview = at(".vt-lens-overview canvas");
      const box = await overview.boundingBox();
      await overview.click({ position: { x: (box?.width ?? 0) - 4, y: 4 } });
      await has(".vt-lens-readout p", `(${last})`);
      await has(".vt-pager span", `to ${last},`);
    },
    { width: 620 },
  ));

test("a file of it tells the ten tokens without a kernel", async () => {
  const html = await lensGrid(record, run).toHtml();
  const page = await browser.newPage();
  page.setDefaultTimeout(HANG_MS);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.setContent(html);
  await page.locator(".vt-lens-grid canvas").focus();
  await page.keyboard.press("Home");
  await page.locator(".vt-lens-readout p", { hasText: "(0)" }).waitFor();
  const row = record.sites.length - 1;
  const id = record.ids[10 * cellAt(row, 0)] ?? -1;
  await page.locator(`.vt-likeliest tr[data-id="${id}"]`).waitFor();
  assert.deepEqual(problems, []);
  await page.close();
});
