import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { grownBeyond, interact, memoryOf } from "../../bench/measure/pageMemory.ts";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { attention, routing, tokens } from "../../widgets/index.ts";
import { WidgetPage } from "./widgetPage.ts";

const INTERACTIONS = 40;

let model: Model;
let run: Run;
let browser: Browser;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table.");
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const PICTURES: Readonly<Record<string, () => Displayable>> = {
  attention: () => attention(run),
  routing: () => routing(run),
  tokens: () => tokens(run),
};

for (const [name, picture] of Object.entries(PICTURES))
  test(`a page holds no more of ${name} after interactions than before, and nothing once it is closed`, () =>
    WidgetPage.during(browser, async (page) => {
      const empty = await memoryOf(page.page);
      const { selector } = await page.show(picture());
      await page.settled();
      await interact(page, selector, 0, INTERACTIONS);
      const once = await memoryOf(page.page);
      assert.ok(once.nodes > empty.nodes + 100, "nothing was drawn");
      await interact(page, selector, 0, INTERACTIONS);
      assert.equal(grownBeyond(once, await memoryOf(page.page)), "");
      await page.closeViews();
      const left = await memoryOf(page.page);
      assert.equal(grownBeyond({ ...empty, heapBytes: left.heapBytes }, left), "");
    }));

test("what a page keeps of every interaction is found", () =>
  WidgetPage.during(browser, async (page) => {
    const { selector } = await page.show(tokens(run));
    await page.page.evaluate(() => {
      const kept: Element[] = [];
      Object.assign(globalThis, { kept });
      document.addEventListener("mousemove", () => {
        for (let i = 0; i < 10; i++) kept.push(document.createElement("div"));
      });
    });
    const before = await memoryOf(page.page);
    await interact(page, selector, 0, INTERACTIONS);
    assert.match(grownBeyond(before, await memoryOf(page.page)), /^nodes by \d+, at most 150/);
  }));
