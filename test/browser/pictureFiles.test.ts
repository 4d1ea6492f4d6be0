import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { METRIC_LABELS, METRICS } from "../../widgets/attention/data.ts";
import { attention, type Picture } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { allPictures, specialRuns } from "../fixtures/allPictures.ts";
import { until } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { onFile } from "./fileOnDisk.ts";
import { framesDrawn } from "./framesDrawn.ts";
import { WidgetPage } from "./widgetPage.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-pictures-"));
const fileOf = (name: string): string => join(folder, `${name}.html`);
let model: Model;
let run: Run;
let special: Awaited<ReturnType<typeof specialRuns>>;
let pictures: readonly Picture<never>[];
let browser: Browser;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table.");
  const stepping = await model.step("The keys");
  await stepping.next("layer");
  special = await specialRuns(model);
  pictures = (await allPictures(run, stepping, special)).map(({ picture }) => picture);
  for (const picture of pictures) await picture.save(fileOf(picture.name));
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  special?.dispose();
  model?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const has = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

for (const dark of [false, true])
  test(`every picture is alive in a file of its own, and axe finds nothing in the ${dark ? "dark" : "light"}`, async () => {
    assert.ok(pictures.length >= 12);
    for (const { name } of pictures)
      await onFile(
        browser,
        fileOf(name),
        async (page) => {
          assert.equal(await page.locator('[data-live="yes"]').count(), 1, name);
          await page.locator(".vt-header h3").waitFor();
          assert.deepEqual(await axeViolations(page, "body"), [], name);
          if (name === "stepper") await has(page, ".vt-warning:visible", /No kernel is here/);
          else
            assert.deepEqual(await page.locator(".vt-warning:visible").allTextContents(), [], name);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= 1280, `${name} is ${wide} wide`);
        },
        { dark },
      );
  });

test("the file names what made it", () =>
  onFile(browser, fileOf("routing"), (page) => has(page, "footer", `sha256 ${model.record.hash}`)));

test("attention opens a head with the engine's weights to and from a token, and says that means are not here", () =>
  onFile(browser, fileOf("attention"), async (page) => {
    const { keyboard } = page;
    await page.locator(".vt-overview canvas").focus();
    for (const key of ["ArrowDown", "ArrowRight", "Enter"]) await keyboard.press(key);
    await has(page, ".vt-detail-head strong", /Layer \d+ · Head \d+/);
    const heading = (await page.locator(".vt-detail-head strong").textContent()) ?? "";
    const [layer = -1, head = -1] = [...heading.matchAll(/\d+/g)].map(Number);
    const { weights, columns } = await run.attentionTile({ layer, head });
    const last = run.tokens.length - 1;
    await has(page, ".vt-readout-table", exactF32(Math.max(...weights.subarray(last * columns))));
    assert.equal(await page.locator(".vt-warning").count(), 0);
    await page.getByLabel("Map of", { exact: true }).selectOption("heads");
    await has(page, ".vt-warning", /No kernel is here\. This file holds \d+ of the \d+ answers/);
  }));

test("heads are sorted by their metrics, which are the engine's", () =>
  onFile(browser, fileOf("attention"), async (page) => {
    const at = METRICS.indexOf("previous");
    const heads: { readonly name: string; readonly value: number }[] = [];
    for (let layer = 0; layer < run.record.model.nLayers; layer++) {
      const { means } = await run.headMetrics({ layer });
      for (let head = 0; head * METRICS.length < means.length; head++)
        heads.push({
          name: `Layer ${layer}, head ${head}`,
          value: means[head * METRICS.length + at] ?? Number.NaN,
        });
    }
    const first = heads[0]?.name;
    heads.sort((a, b) => b.value - a.value);
    const here = heads.findIndex(({ name }) => name === first);
    const step = here === heads.length - 1 ? -1 : 1;
    await page.getByLabel("Heads by").selectOption("previous");
    await page.locator(".vt-overview canvas").focus();
    const { name, value } = heads[here + step] ?? assert.fail("no second head");
    const said = page.locator("[aria-live]", {
      hasText: `${name}, ${METRIC_LABELS.previous} ${value.toFixed(3)}`,
    });
    const [there, back] = step === 1 ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    await until(`${name} beside ${first}`, async () => {
      await page.keyboard.press(there ?? ""); // until metrics are read, it leads to the next head of the layer
      await framesDrawn(page);
      const isThere = (await said.count()) > 0;
      await page.keyboard.press(back ?? "");
      await framesDrawn(page);
      return isThere;
    });
    assert.equal(await page.locator(".vt-warning").count(), 0);
  }));

test("routing tells of a token and of an expert, in all its tabs", () =>
  onFile(browser, fileOf("routing"), async (page) => {
    await page.locator(".vt-grid-rows canvas").focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await framesDrawn(page); // after the last of the keys
    await has(page, ".vt-route h4", /\(1\)/);
    const layer = Number((await page.locator(".vt-route h4").textContent())?.split("layer ")[1]);
    const { biasedScores, nExperts, nTokens, indices } = await run.routing({ biasedScores: true });
    const row = run.record.model.moeLayers.indexOf(layer) * nTokens + 1;
    const score = biasedScores?.[row * nExperts + (indices[row * 2] ?? 0)] ?? Number.NaN;
    await has(page, ".vt-route-table", exactF32(score));
    const tabs = page.getByRole("radiogroup", { name: "picture" }).getByRole("radio");
    assert.ok((await tabs.count()) >= 5);
    for (const tab of await tabs.all()) {
      await tab.check({ force: true });
      await framesDrawn(page);
      assert.equal(await page.locator(".vt-warning").count(), 0, await tab.inputValue());
    }
  }));

test("the cache goes to another layer, with the engine's numbers", () =>
  onFile(browser, fileOf("latent"), async (page) => {
    await page.locator("canvas").first().focus();
    for (const key of ["PageDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await framesDrawn(page); // after the last of the keys
    const readout = page.locator(".vt-latent-readout");
    await has(page, ".vt-latent-readout", "blocks.1.attn.hook_kv_latent");
    await readout.filter({ hasNotText: "reading…" }).waitFor();
    const { data } = await run.get("blocks.1.attn.hook_kv_latent");
    const text = ((await readout.textContent()) ?? "").replace(/−/g, "-");
    const token = Number(/\((\d+)\)/.exec(text)?.[1]);
    const column = Number(
      (await readout.locator("dt").first().textContent())?.slice("column ".length),
    );
    const number = data[token * (data.length / run.tokens.length) + column] ?? Number.NaN;
    assert.ok(text.includes(exactF32(number).replace(/−/g, "-")), text);
  }));

test("a picture of which nothing was asked yet has in its file what a shown one has", async () => {
  await WidgetPage.during(browser, async (page) => {
    const shown = attention(run);
    await page.show(shown);
    const download = page.page.waitForEvent("download");
    await page.page.locator(".vt-save > button").click();
    await page.page.getByRole("menuitem", { name: "HTML page" }).click();
    const file = await download;
    assert.equal(file.suggestedFilename(), "attention.html");
    await file.saveAs(fileOf("downloaded"));
    await shown.whenKept;
  });
  await onFile(browser, fileOf("downloaded"), async (page) => {
    await page.locator(".vt-overview canvas").focus();
    for (const key of ["ArrowDown", "Enter"]) await page.keyboard.press(key);
    await page.locator(".vt-readout-table tr").first().waitFor();
    assert.equal(await page.locator(".vt-warning").count(), 0);
  });
});
