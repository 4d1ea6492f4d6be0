import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { featureStrip, tokens } from "../../widgets/index.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

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

test("a feature's numbers stand over the text, and are linked to the run's other pictures", () =>
  WidgetPage.during(browser, async (page) => {
    const { at, has, press, button } = hands(() => page.page);
    const places = run.record.tokens.map((_, t) => t);
    const signed = {
      ...{ name: "signed", provenance: "derived", unit: "bits" },
      values: places.map((t) => (t === 2 ? -25 / 3 : t === 4 ? 0.125 : 0)),
    };
    await page.show(featureStrip([{ name: "place", values: places }, signed], run));
    await page.show(tokens(run));
    await has(".vt-features-readout h4", "place");
    await at(".vt-grid canvas").focus();
    await press("ArrowDown", "ArrowRight", "ArrowRight");
    await has(".vt-features-readout tr.vt-own td", "−8.33333 bits");
    await press("ArrowRight", "ArrowRight");
    await has(".vt-features-readout h4", "signed");
    await has(".vt-features-readout p", "derived");
    await has(".vt-features-readout tr.vt-own td", "0.125 bits");
    await has(".vt-live", "0.125 bits");
    await press("Enter");
    await at('.vt-tokens .vt-t.vt-pinned[data-token="4"]').waitFor();
    const channels = (token: number): Promise<number[]> =>
      at(".vt-features .vt-t")
        .nth(token)
        .evaluate((node) =>
          (getComputedStyle(node).backgroundColor.match(/\d+/g) ?? []).map(Number),
        );
    const [red = 0, , blue = 0] = await channels(2);
    assert.ok(blue > red, "below zero is blue");
    const [gr = 0, , gb = 0] = await channels(0);
    assert.equal(gr, gb, "zero is grey");
    const [hr = 0, , hb = 0] = await channels(4);
    assert.ok(hr > hb, "above zero is red");
    await at("input[value=common]").click();
    await has(".vt-scale-line", /full colour is \d+, red above 0/);
    await button("Table").first().click();
    const row = at(".vt-table tbody tr").nth(2).locator("td");
    const shown = async () => {
      const [site, , token, number] = await row.allTextContents();
      return [site, token, number];
    };
    await untilEqual(shown, ["2", "2", String(-25 / 3)]);
  }));
