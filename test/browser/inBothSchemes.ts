import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import type { Browser } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { axeViolations } from "./axe.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

export const PROMPT = "The keys to the cabinet are on the table. The keys";

/** What a test of pictures has: an empty page, the bundled model, and its run of the prompt. */
interface Opened {
  readonly page: WidgetPage;
  readonly model: Model;
  readonly run: Run;
  readonly dark: boolean;
}

interface Checks extends ReturnType<typeof hands> {
  /** A page for some work; it must stay without errors. */
  onPage(work: (opened: Opened) => Promise<void>): Promise<void>;
  /** axe finds nothing in the pictures as they now are. */
  isClean(what: string, selector?: string): Promise<void>;
}

/** Declares tests in which axe looks at pictures, in the light and in the dark, with one model and one browser for all. */
export function inBothSchemes(declare: (checks: Checks) => void): void {
  let model: Model;
  let run: Run;
  let browser: Browser;
  let page: WidgetPage;
  before(async () => {
    model = await loadModel("tiny", { backend: "cpu" });
    run = await model.run(PROMPT);
    browser = await WidgetPage.launch();
  });
  after(async () => {
    await browser?.close();
    model?.dispose();
  });
  const isClean = async (what: string, selector = "section.vt"): Promise<void> => {
    await page.settled();
    assert.deepEqual(await axeViolations(page.page, selector), [], what);
  };
  for (const dark of [false, true])
    describe(`axe finds nothing in the ${dark ? "dark" : "light"}`, () => {
      const onPage: Checks["onPage"] = (work) =>
        WidgetPage.during(
          browser,
          (opened) => {
            page = opened;
            return work({ page, model, run, dark });
          },
          { dark },
        );
      declare({ ...hands(() => page.page), onPage, isClean });
    });
}
