import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Displayable } from "../../kernel/display/host.ts";
import { conversation, thinking } from "../../widgets/index.ts";
import { money } from "../../widgets/render/formatNumber.ts";
import { CONVERSATION, THINKING } from "../fixtures/curveRecords.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let browser: Browser;
let page: WidgetPage;
before(async () => {
  browser = await WidgetPage.launch();
});
after(() => browser?.close());

const { at, press, has } = hands(() => page.page);

/** Shows a picture with its table open, and puts the keyboard on its chart. */
const showing = (picture: unknown, work: () => Promise<void>): Promise<void> =>
  WidgetPage.during(browser, async (opened) => {
    page = opened;
    await page.show(picture as Displayable);
    await page.page.getByRole("button", { name: "Table" }).click();
    await at(".vt-chart svg").waitFor();
    await at(".vt-chart").focus();
    await work();
  });

/** Where the dots of a chart stand between the bottom of its y axis, 0, and the top, 1, from the left. */
const heights = (): Promise<number[]> =>
  at(".vt-chart svg").evaluate((chart) => {
    const lines = /M[\d.]+ ([\d.]+)H/g;
    const across = [
      ...(chart.querySelector("path.l")?.getAttribute("d") ?? "").matchAll(lines),
    ].map(([, y]) => Number(y));
    const [bottom, top] = [Math.max(...across), Math.min(...across)];
    return [...chart.querySelectorAll("circle[fill=currentColor]")]
      .map((dot) => [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))] as const)
      .sort(([a], [b]) => a - b)
      .map(([, y]) => (bottom - y) / (bottom - top));
  });

const cells = async (row: number): Promise<string[]> =>
  (await at(".vt-table tbody tr").nth(row).locator("td").allTextContents()).map((text) =>
    text.trim(),
  );

const near = (got: readonly number[], wanted: readonly number[]): void => {
  assert.equal(got.length, wanted.length);
  for (const [i, height] of got.entries())
    assert.ok(Math.abs(height - (wanted[i] ?? 0)) < 0.01, `${got} instead of ${wanted}`);
};

test("what a conversation has cost is the record's number, in the chart, in words and in the table", () =>
  showing(conversation(CONVERSATION), async () => {
    const [cheap, dear] = CONVERSATION.lines;
    assert.ok(cheap && dear);
    for (const [turn, { usage }] of CONVERSATION.turns.entries()) {
      await press("ArrowRight");
      const totals: number[] = [cheap, dear].map(({ cumulative }) => cumulative.shared[turn] ?? 0);
      const said = [cheap, dear].map(
        ({ table }, i) => `${table.name} ${money(totals[i] ?? 0, "USD")}`,
      );
      await has(".vt-says", `Turn ${turn + 1}: ${usage.inputTokens} tokens in`);
      await has(".vt-says", said.join(" · "));
      const shown = async () => {
        const row = await cells(turn);
        return [...row.slice(0, 3), ...row.slice(-2)];
      };
      const numbers = [turn + 1, usage.inputTokens, usage.cachedInputTokens, ...totals];
      await untilEqual(shown, numbers.map(String));
    }
    const all = [0, 1].flatMap((turn) =>
      [cheap, dear].map(({ cumulative }) => cumulative.shared[turn] ?? 0),
    );
    const found = await heights();
    const most = Math.max(...all);
    const top = Math.max(...found); // the last mark of the axis may stand below the largest amount
    const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b);
    near(
      ascending(found.map((height) => height / top)),
      ascending(all.map((total) => total / most)),
    );
  }));

test("shares of right answers are the counts', in the chart, in words and in the table", () =>
  showing(thinking(THINKING), async () => {
    const [sums, copies] = THINKING.curves;
    assert.ok(sums && copies);
    const ordered = [...sums.points].sort(
      (a, b) => (a.budget ?? Number.POSITIVE_INFINITY) - (b.budget ?? Number.POSITIVE_INFINITY),
    );
    const [first, second, last] = ordered.map(({ right, n }) => right / n);
    near(await heights(), [first, second, copies.points[0]?.share, last].map(Number));
    for (const { budget, right, n, wrong, cut } of ordered) {
      await press("ArrowRight");
      const limit = budget === null ? "no limit" : `a budget of ${budget}`;
      await has(".vt-says", `sums, ${limit}: ${right} of ${n} right`);
      await has(".vt-says", `${wrong} wrong, ${cut} cut`);
    }
    for (const [i, { n, right, wrong, cut }] of sums.points.entries())
      await untilEqual(
        async () => (await cells(i)).slice(2, 6),
        [n, right, wrong, cut].map(String),
      );
  }));
