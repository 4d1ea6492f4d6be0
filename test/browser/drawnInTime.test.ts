/**
 * Pictures of the largest runs stand there within 2 s of the call, of the page's thread and of the kernel's side together: on processors
 * that have nothing else to do no clock shows more.
 */
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { Browser } from "playwright-core";
import { timeOf, timeText } from "../../bench/measure/pageTime.ts";
import { syntheticRun } from "../../bench/synthetic/attentionRun.ts";
import { LARGE, syntheticRun as routedRun } from "../../bench/synthetic/routedRun.ts";
import { attention, routing } from "../../widgets/index.ts";
import { WidgetPage } from "./widgetPage.ts";

const MOST_MS = 2000;

process.env.VITRINE_KEPT_BYTES = "0"; // what is kept is worked out behind the picture

let browser: Browser;
before(async () => {
  browser = await WidgetPage.launch();
});
after(() => browser?.close());

const TRIES = 3;

/** The least of some tries: on a busy machine a page waits for longer, and draws more frames meanwhile. */
async function inTime(t: TestContext, draw: (page: WidgetPage) => Promise<void>): Promise<void> {
  const times: string[] = [];
  for (let i = 0; i < TRIES; i++) {
    const time = await WidgetPage.during(browser, (page) => timeOf(page.page, () => draw(page)));
    t.diagnostic(timeText(time));
    times.push(timeText(time));
    if (time.pageMs + time.processMs < MOST_MS) return;
  }
  assert.fail(times.join("; "));
}

test("all heads of 61 layers of 128, of 32,768 tokens", (t) =>
  inTime(t, async (page) => {
    const run = syntheticRun({ nTokens: 32_768, nLayers: 61, nHeads: 128 });
    const { selector } = await page.show(attention(run));
    const progress = page.page.locator(`${selector} .vt-progress`);
    await progress.filter({ hasText: "Heads are measured over" }).waitFor();
    await page.framesDrawn();
  }));

test("routes of 4,096 tokens through 61 layers of 256 experts", (t) =>
  inTime(t, async (page) => {
    const { selector } = await page.show(routing(routedRun(LARGE)));
    await page.page.locator(`${selector} .vt-grid-rows canvas`).waitFor();
    await page.settled();
  }));
