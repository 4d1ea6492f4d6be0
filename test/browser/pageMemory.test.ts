import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import {
  grownBeyond,
  interact,
  memoryOf,
  type PageMemory,
} from "../../bench/measure/pageMemory.ts";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { attention, routing, tokens } from "../../widgets/index.ts";
import { WidgetPage } from "./widgetPage.ts";

/** A round of interactions, which toggles what can be toggled: a second round toggles it back. */
const ROUND = 40;
/** What two rounds more may add: nothing but what the browser keeps of code that has run. */
const ALMOST_NOTHING: PageMemory = { heapBytes: 200_000, nodes: 0, listeners: 0 };
/** What is left of a picture: the element that it stood in, which is the page's own. */
const PLACE: PageMemory = { heapBytes: Number.POSITIVE_INFINITY, nodes: 1, listeners: 0 };

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
  test(`two rounds of interactions later a page has not a node and not a listener more of ${name}, and once it is closed none`, () =>
    WidgetPage.during(browser, async (page) => {
      const empty = await memoryOf(page.page);
      const { selector } = await page.show(picture());
      await page.settled();
      await interact(page, selector, 0, ROUND);
      const once = await memoryOf(page.page);
      assert.ok(once.nodes > empty.nodes + 100, "nothing was drawn");
      for (let round = 0; round < 2; round++) await interact(page, selector, 0, ROUND);
      assert.equal(grownBeyond(once, await memoryOf(page.page), ALMOST_NOTHING), "");
      await page.closeViews();
      assert.equal(grownBeyond(empty, await memoryOf(page.page), PLACE), "");
    }));

test("what a page keeps of every interaction is found", () =>
  WidgetPage.during(browser, async (page) => {
    const { selector } = await page.show(tokens(run));
    await page.page.evaluate(() => {
      const kept: Element[] = [];
      Object.assign(globalThis, { kept });
      document.addEventListener("mousemove", () => {
        kept.push(document.createElement("div"));
      });
    });
    await interact(page, selector, 0, ROUND);
    const before = await memoryOf(page.page);
    await interact(page, selector, 0, ROUND);
    const found = grownBeyond(before, await memoryOf(page.page), ALMOST_NOTHING);
    assert.match(found, /^nodes by \d+, at most 0$/);
  }));
