import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { inRepository } from "../../scripts/build/repository.ts";
import { untilEqual } from "../fixtures/until.ts";
import { WidgetPage } from "./widgetPage.ts";

let browser: Browser;
let code: string;
before(async () => {
  browser = await WidgetPage.launch();
  const { outputFiles } = await build({
    entryPoints: [inRepository("widgets/stock/accompany.ts")],
    ...{ bundle: true, format: "iife", globalName: "stock", write: false },
  });
  code = outputFiles[0]?.text ?? "";
});
after(() => browser?.close());

/** Runs in the page: what ipywidgets' extension is to a saved picture, an element that its views come into and go from. */
const ARRANGE = `
  const esm = "export default { render({ model, el }) { el.textContent = 'alive with ' + model.get('kept').byteLength; return () => { globalThis.nEnded = (globalThis.nEnded ?? 0) + 1; }; } }";
  const saved = { state: { about: {}, _esm: esm }, buffers: [{ path: ["kept"], data: "AAAA" }] };
  const STATE = "application/vnd.jupyter.widget-state+json";
  const data = { [stock.WIDGET_VIEW]: { model_id: "own" }, "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain": "a picture" };
  const output = { trusted: true, data };
  const notebook = {
    cells: [{ get trusted() { return output.trusted; }, outputs: { toJSON: () => [{ data }] } }],
    getMetadata: () => ({ [STATE]: { state: { own: globalThis.isSaved ? saved : {} } } }),
  };
  const node = document.createElement("div");
  let dispose;
  const renderer = { node, renderModel: async () => { node.textContent = "Loading widget..."; }, disposed: { connect: (f) => { dispose = f; } } };
  document.body.append(node);
  stock.accompany(renderer, notebook);
  Object.assign(globalThis, {
    show: (trusted) => { output.trusted = trusted; return renderer.renderModel(output); },
    live: (html) => { node.innerHTML = html; },
    end: () => dispose(),
  });
`;

const onPage = (isSaved: boolean, work: (page: Page) => Promise<void>): Promise<void> =>
  WidgetPage.during(browser, async ({ page }) => {
    await page.evaluate(
      `globalThis.isSaved = ${isSaved}; var ${code.replace(/^"use strict";\s*var /, "")}`,
    );
    await page.evaluate(`(() => {${ARRANGE}})()`);
    await work(page);
  });

const reads = (page: Page, text: string): Promise<void> =>
  page.getByText(text).first().waitFor({ state: "visible" });
const isGone = (page: Page): Promise<void> =>
  page.locator(".vitrine-picture").waitFor({ state: "detached" });

test("what responds stands there until a live view comes, and comes back when that is gone", () =>
  onPage(true, async (page) => {
    await page.evaluate("show(true)");
    await reads(page, "alive with 3");
    assert.equal(await page.getByText("Loading widget...").isVisible(), false);
    await page.evaluate("live('<p>live</p>')");
    await reads(page, "live");
    await isGone(page);
    await untilEqual(() => page.evaluate("nEnded"), 1);
    await page.evaluate("live('<p class=jupyter-widgets-disconnected>once live</p>')");
    await reads(page, "once live"); // it has what its reader chose
    await page.evaluate("live('')");
    await reads(page, "alive with 3");
    await page.evaluate("end()");
    await isGone(page);
    await untilEqual(() => page.evaluate("nEnded"), 2);
  }));

test("a view without a kernel, or without its code, does not take its place", () =>
  onPage(true, async (page) => {
    await page.evaluate("show(true)");
    await reads(page, "alive with 3");
    for (const mark of ["jupyter-widgets-disconnected", "jupyter-widgets-error-widget"]) {
      await page.evaluate(`live('<div><p class="${mark}">not this</p></div>')`);
      await page.evaluate("new Promise(requestAnimationFrame)");
      assert.equal(await page.getByText("not this").isVisible(), false);
      await reads(page, "alive with 3");
    }
    assert.equal(await page.evaluate("globalThis.nEnded"), undefined);
  }));

test("what was saved without state is a still picture, which says what is missing", () =>
  onPage(false, async (page) => {
    await page.evaluate("show(true)");
    await reads(page, "Saved picture. Run the cell");
    await page.evaluate(`live('<p class="jupyter-widgets-error-widget">no code</p>')`);
    await reads(page, "pip install anywidget");
    assert.equal(await page.locator(".vitrine-picture img").getAttribute("alt"), "a picture");
  }));

test("what is not trusted is a still picture, nothing else is drawn, and trust brings it to life", () =>
  onPage(true, async (page) => {
    await page.evaluate("show(false)");
    await reads(page, "This notebook is not trusted");
    assert.equal(await page.getByText("Loading widget...").count(), 0);
    assert.equal(await page.getByText("alive").count(), 0);
    await page.evaluate("show(true)");
    await reads(page, "alive with 3");
  }));
