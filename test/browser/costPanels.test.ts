import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { conversationCost, type DeviceRecord, PRICES } from "../../engine/index.node.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { conversation, cost, routing, thinking } from "../../widgets/index.ts";
import {
  byteCount,
  flopCount,
  milliseconds,
  money,
  percent,
} from "../../widgets/render/formatNumber.ts";
import { THINKING } from "../fixtures/curveRecords.ts";
import { untilEqual } from "../fixtures/until.ts";
import { PROMPT, tinyPages } from "./tinyPages.ts";

/** 20 GB and 100 GFLOP a second. */
const DEVICE: DeviceRecord = {
  ...{ name: "a device on paper", source: "this test", date: "2025-01-31" },
  ...{ bytesPerSecond: 2e10, flopsPerSecond: { f32: 1e11 } },
  ...{ memoryBytes: null, usdPerHour: null },
};
const { onPage, press, at, has, hasCount } = tinyPages();
/** A choice of a segmented control, by what stands on it. */
const choose = (selector: string, label: string): Promise<void> =>
  at(`${selector} .vt-segments label`, { hasText: label }).first().click();
const chartOf = (selector: string): Locator => at(`${selector} .vt-chart`);

test("stacked parts have the numbers of the run and of the token that another picture points at", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run));
    const r = (await page.show(routing(run))).selector;
    const { classes, byClass, tokens } = run.cost();
    const experts = classes.findIndex(({ costClass }) => costClass === "routedExperts");
    await choose(selector, "By token");
    const amount = at(`${selector} tr[data-class=routedExperts] td`).first();
    await amount.filter({ hasText: flopCount(classes[experts]?.flops ?? 0) }).waitFor();
    await at(`${r} .vt-grid-rows canvas`).focus();
    await press("ArrowDown", "ArrowDown", "ArrowDown", "Enter"); // token 2 is pinned
    await has(`${selector} .vt-legend caption`, "(2, derived)");
    const cell = (2 * classes.length + experts) * 4;
    await untilEqual(() => amount.textContent(), flopCount(byClass[cell] ?? 0));
    await choose(selector, "weights read");
    await amount.filter({ hasText: byteCount(byClass[cell + 1] ?? 0) }).waitFor();
    await chartOf(selector).focus();
    await press("ArrowRight", "ArrowDown");
    await has(`${selector} .vt-legend-lit th`, /./);
    await has(`${r} .vt-route h4`, "(3)");
    await has(`${selector} .vt-live`, /, 3: /);
    await at(`${selector} .vt-panel .vt-button`).click();
    const rows = at(`${selector} .vt-panel .vt-table tbody tr`);
    await untilEqual(() => rows.count(), tokens.length);
    const sum = (await rows.nth(4).locator("td").allInnerTexts()).slice(2).map(Number);
    const whole = tokens[4]?.weightBytes ?? 0;
    assert.ok(Math.abs(sum.reduce((a, b) => a + b, 0) - whole) < 1e-9 * whole);
    await press("Escape");
  }));

test("the cache's lines say what every form of attention keeps after a token", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run));
    const { caches } = run.cost();
    await choose(selector, "Cache");
    await chartOf(selector).focus();
    await press("ArrowRight", "ArrowRight", "ArrowRight");
    await has(`${selector} .vt-says`, "3 tokens: ");
    const said = String(await at(`${selector} .vt-says`).textContent());
    for (const { bytesPerToken } of caches)
      assert.ok(said.includes(byteCount(3 * bytesPerToken)), said);
    await press("Escape");
    await has(`${selector} .vt-says`, "Point at the lines");
    await choose(selector, "its context of");
    await chartOf(selector).focus();
    await press(...Array(70).fill("ArrowRight"));
    const length = run.record.model.contextLength;
    await has(`${selector} .vt-says`, `${length} tokens: `);
    await choose(selector, "log");
    await has(`${selector} .vt-says`, byteCount(length * (caches[0]?.bytesPerToken ?? 0)));
  }));

test("parameters flow from all to active ones, and the table has the engine's counts", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run));
    const { classes, totalParameters, activeParameters, draftParameters } = run.cost();
    await choose(selector, "Parameters");
    await chartOf(selector).focus();
    await press("ArrowDown", "ArrowDown");
    await has(`${selector} .vt-says`, /parameters, .* % of all/);
    await at(`${selector} .vt-panel .vt-button`).click();
    const table = at(`${selector} .vt-panel .vt-table tbody tr`);
    await table.filter({ hasText: /^all/ }).waitFor();
    const rows = await table.evaluateAll((all) =>
      all.map((tr) => [...tr.children].map((td) => td.textContent ?? "")),
    );
    const all = rows.at(-1) ?? [];
    assert.deepEqual(all.slice(0, 3), [
      "all",
      String(totalParameters + draftParameters),
      String(activeParameters),
    ]);
    const experts = classes.find(({ costClass }) => costClass === "routedExperts");
    assert.deepEqual(rows.find(([name]) => name === "routed experts")?.slice(1, 3), [
      String(experts?.parameters),
      String(experts?.activeParameters),
    ]);
  }));

test("without a device the roofline says how to name one", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run));
    await choose(selector, "Roofline");
    await has(`${selector} .vt-panel code`, "run.roofline({ device })");
  }));

test("the roofline has the bounds, shares and times of the run's own, for each part and phase", () =>
  onPage(async ({ page, model }) => {
    const timed = await model.run(PROMPT, { profile: true });
    const record = timed.roofline({ device: DEVICE });
    const { selector } = await page.show(cost(timed, { roofline: record }));
    await choose(selector, "Roofline");
    const [prefill] = record.phases;
    assert.ok(prefill);
    const projections = prefill.classes.find((one) => one.costClass === "attentionProjections");
    assert.ok(projections?.share, "the run is timed by operator");
    const cell = `${selector} td[data-phase=prefill][data-class=attentionProjections]`;
    await has(cell, percent(projections.share));
    await chartOf(selector).focus();
    await press("ArrowRight");
    await has(`${selector} .vt-says`, `all of prefill: `);
    await has(`${selector} .vt-says`, milliseconds(prefill.whole.measuredMs));
    await at(`${selector} .vt-panel .vt-button`).click();
    const rows = at(`${selector} .vt-panel .vt-table tbody tr`);
    const counted = prefill.classes.filter(({ bound }) => bound !== null);
    await untilEqual(() => rows.count(), counted.length + 1);
    const said = rows.filter({ hasText: "attention projections" }).locator("td").nth(7);
    await untilEqual(() => said.textContent(), milliseconds(projections.measuredMs));
  }));

test("no picture of a cost is wider than its place, in a narrow notebook or on a wide screen", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run, { roofline: run.roofline({ device: DEVICE }) }));
    for (const label of ["By token", "Cache", "Parameters", "Roofline"]) {
      await choose(selector, label);
      for (const width of [320, 560, 760, 1280, 1920]) {
        await page.page.setViewportSize({ width, height: 900 });
        await page.framesDrawn();
        const [wide, drawn] = await page.page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.querySelector(".vt-chart svg")?.clientWidth ?? 0,
        ]);
        assert.ok(Number(wide) <= width, `${label}: ${wide} of ${width} pixels`);
        assert.ok(Number(drawn) > 0.4 * width, `${label}: ${drawn} of ${width} pixels`);
      }
    }
  }));

test("a conversation's lines have the totals of its record", () =>
  onPage(async ({ page }) => {
    const usage = {
      inputTokens: 900,
      cachedInputTokens: 300,
      outputTokens: 40,
      reasoningTokens: 0,
    };
    const record = conversationCost(
      [{ usage }, { usage: { ...usage, inputTokens: 2000 } }],
      Object.values(PRICES),
    );
    const { selector } = await page.show(conversation(record) as Displayable);
    await chartOf(selector).focus();
    await press("ArrowRight", "ArrowRight");
    await has(`${selector} .vt-says`, "Turn 2: 2000 tokens in, 300 of them cached (measured)");
    const [line] = record.lines;
    assert.ok(line);
    const totals = { "as cached": "shared", "nothing cached": "uncached" } as const;
    for (const [label, key] of Object.entries(totals)) {
      await choose(selector, label);
      const amount = money(line.cumulative[key][1] ?? 0, line.table.currency);
      await has(`${selector} .vt-says`, `${line.table.name} ${amount}`);
    }
    await choose(selector, "all that could be");
    await has(`${selector} .vt-says`, `${line.table.name} unknown`);
    await at(`${selector} .vt-actions button`).click();
    await hasCount(`${selector} .vt-table tbody tr`, 2);
  }));

test("an accuracy curve is read by keys, from budget to budget and from kind to kind", () =>
  onPage(async ({ page }) => {
    const { selector, bundle } = await page.show(thinking(THINKING) as Displayable);
    await chartOf(selector).focus();
    await press("ArrowRight", "ArrowRight");
    await has(
      `${selector} .vt-says`,
      "sums, a budget of 16: 4 of 10 right, 40.0 % (20.0 % to 70.0 %)",
    );
    await press("ArrowDown");
    await has(`${selector} .vt-says`, "copies, a budget of 16: 10 of 10 right");
    await choose(selector, "tokens thought");
    await has(`${selector} .vt-says`, "Point at a dot");
    await chartOf(selector).focus();
    await press("ArrowRight", "ArrowRight", "ArrowRight");
    await has(`${selector} .vt-says`, "sums, no limit: 8 of 10 right");
    await at(`${selector} .vt-actions button`).click();
    await hasCount(`${selector} .vt-table tbody tr`, 4);
    assert.match(String(bundle["image/svg+xml"]), /^<svg.*no limit/s);
  }));
