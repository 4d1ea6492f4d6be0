import { test } from "node:test";
import { attribution, lens } from "../../engine/index.node.ts";
import { attributionBars, featureStrip, lensGrid } from "../../widgets/index.ts";
import { inBothSchemes } from "./inBothSchemes.ts";

inBothSchemes(({ at, press, button, isClean, onPage }) => {
  test("in a lens: a cell pinned, its table, each choice of colour", () =>
    onPage(async ({ page, run }) => {
      await page.show(lensGrid(await lens(run, { topK: 10 }), run));
      await at(".vt-lens-grid canvas").focus();
      await press("ArrowUp", "ArrowLeft", "Enter");
      await at(".vt-likeliest tbody tr").first().waitFor();
      await button("Table").click();
      await at(".vt-table tbody tr").first().waitFor();
      await isClean("probability");
      for (const colour of ["entropy", "rank"]) {
        await at(`input[value=${colour}]`).click();
        await isClean(colour);
      }
    }));

  test("in features: a token pinned, each on its own scale", () =>
    onPage(async ({ page, run }) => {
      const places = run.record.tokens.map((_, t) => t);
      const below = { name: "below", values: places.map((t) => 3 - t), unit: "bits" };
      await page.show(featureStrip([{ name: "place", values: places }, below], run));
      await at(".vt-grid canvas").focus();
      await press("ArrowDown", "ArrowRight", "Enter");
      await button("Table").click();
      await at(".vt-table tbody tr").first().waitFor();
      await isClean("features");
      await at("input[value=common]").click();
      await isClean("one scale");
    }));

  test("in an attribution: bars, and the tree opened to tokens", () =>
    onPage(async ({ page, run }) => {
      await page.show(attributionBars(await attribution(run, 5, { sources: true }), run));
      await at(".vt-bars").focus();
      await press("ArrowDown", "Enter");
      await button("Table").click();
      await at(".vt-table tbody tr").first().waitFor();
      await isClean("by size");
      await at("input[value=tree]").click();
      await at(".vt-bar-layer .vt-twist").first().click();
      await at("[aria-level='3'][aria-expanded] .vt-twist").first().click();
      await at(".vt-bar-source").first().waitFor();
      await isClean("tree");
    }));
});
