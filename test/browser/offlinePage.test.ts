import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Exported, exportNotebook } from "../../cli/export/exportNotebook.ts";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { attention, cost, latent, routing, tokens } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { markdownCell, savedNotebook, shownCell } from "../fixtures/savedNotebook.ts";
import { until } from "../fixtures/until.ts";
import { AnswersAlone } from "./answersAlone.ts";
import { axeViolations } from "./axe.ts";
import { onFile } from "./fileOnDisk.ts";
import { framesDrawn } from "./framesDrawn.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const MAX_BYTES = 3_000_000;

const folder = mkdtempSync(join(tmpdir(), "vitrine-offline-"));
const notebook = join(folder, "look.ipynb");
const html = join(folder, "look.html");
let model: Model;
let run: Run;
let browser: Browser;
let exported: Exported;
let page: Page;

const { at, press, has } = hands(() => page);

const exportTo = (out: string, maxBytes: number): Promise<Exported> =>
  exportNotebook(notebook, {
    ...{ to: out.endsWith(".pdf") ? "pdf" : "html", out, maxBytes, hashWeights: [] },
    signal: new AbortController().signal,
  });

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table.");
  const text = await savedNotebook(
    [attention(run), routing(run), tokens(run), latent(run), cost(run)],
    {
      before: [
        markdownCell("# A look\n\nOf `tiny`: $a_1$\n\n```ts\nconst x = 1; // one\n```"),
        shownCell("const a: string = `b`; // why", { "text/plain": "'b'" }),
      ],
      after: [
        shownCell("table", {
          "text/html":
            "<table><tr><th>a</th><td>1</td></tr></table><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>",
        }),
      ],
    },
  );
  writeFileSync(notebook, text);
  exported = await exportTo(html, MAX_BYTES);
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The exported file, opened where no network is. */
const onPage = (
  work: () => Promise<void>,
  options: { width?: number; dark?: boolean; file?: string } = {},
): Promise<void> =>
  onFile(
    browser,
    options.file ?? html,
    (opened) => {
      page = opened;
      return work();
    },
    options,
  );

const picture = (name: string): string => `[data-view-name="${name}"]`;

test("the page has every picture alive within its size, names the model, and runs no code of the notebook", () =>
  onPage(async () => {
    assert.equal(exported.live, 5);
    assert.equal(exported.answers, exported.of);
    assert.ok(statSync(html).size === exported.bytes && exported.bytes <= MAX_BYTES);
    assert.equal(await at('[data-live="yes"]').count(), 5);
    await has("header", `sha256 ${model.record.hash}`);
    await has("header", "Weights not hashed.");
    assert.equal(await at(".tok-comment").count(), 2);
    assert.equal(await page.evaluate(() => (window as { ran?: number }).ran), undefined);
  }));

test("what is pointed at in one picture is lit in the others, with its alternatives and scores", () =>
  onPage(async () => {
    await at(`${picture("tokens")} .vt-text`).focus();
    await press("End");
    const last = run.tokens.length - 1;
    await at(`${picture("tokens")} .vt-alternatives tbody tr`)
      .first()
      .waitFor();
    await has(`${picture("routing")} .vt-route`, `(${last})`);
    const { biasedScores, nExperts, indices } = await run.routing({ biasedScores: true });
    const at0 = last * nExperts + (indices[last * 2] ?? 0);
    await has(`${picture("routing")} .vt-route-table`, exactF32(biasedScores?.[at0] ?? Number.NaN));
    await page.getByLabel("colour by").selectOption("entropy");
    await has(`${picture("tokens")} .vt-key`, "entropy");
  }));

test("layers and parts of the cache change, and a number is the engine's", () =>
  onPage(async () => {
    const own = picture("latent");
    await at(`${own} canvas`).first().focus();
    await press("PageDown", "PageDown", "ArrowDown", "ArrowDown", "ArrowRight");
    await has(`${own} .vt-latent-readout`, "blocks.2.attn.hook_kv_latent");
    await framesDrawn(page); // after the last of the keys
    const { data } = await run.get("blocks.2.attn.hook_kv_latent");
    const columns = data.length / run.tokens.length;
    const readout = async () =>
      ((await at(`${own} .vt-latent-readout`).textContent()) ?? "").replace(/−/g, "-");
    const token = Number(/\((\d+)\)/.exec(await readout())?.[1]);
    const column = Number(
      (await at(`${own} .vt-latent-readout dt`).first().textContent())?.slice("column ".length),
    );
    const wanted = exactF32(data[token * columns + column] ?? Number.NaN).replace(/−/g, "-");
    await until(`${wanted} in the readout`, async () => (await readout()).includes(wanted));
    await press("+");
    await has(`${own} .vt-latent-readout`, /column \d+/);
    assert.equal(await at(`${own} .vt-warning`).count(), 0, "a window of what is kept is exact");
  }));

for (const [width, dark] of [
  [390, false],
  [1280, true],
  [1920, false],
  [1920, true],
  [1280, false],
  [390, true],
] as const)
  test(`heads, layers, tokens and sorting respond with the engine's numbers on a page ${width} wide in ${dark ? "dark" : "light"}, where axe finds nothing`, () =>
    onPage(
      async () => {
        assert.deepEqual(await axeViolations(page, "body"), []);
        await new AnswersAlone(page, run).all();
        assert.deepEqual(await axeViolations(page, "body"), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} wide`);
      },
      { width, dark },
    ));

test("a smaller page says what it leaves out, and so do its pictures", async () => {
  const file = join(folder, "small.html");
  const small = await exportTo(file, exported.bytes - 40_000);
  assert.ok(statSync(file).size <= exported.bytes - 40_000);
  await onPage(
    async () => {
      await has("header", `leaves out ${small.of - small.answers} of the answers`);
      const own = picture("latent");
      await at(`${own} canvas`).first().focus();
      for (let head = 0; head < 6; head++) await press("PageDown");
      await page.locator(own).getByRole("radio", { name: "values" }).check({ force: true });
      const warning = page.locator(`${own} .vt-warning`, {
        hasText: /This file holds \d+ of the \d+ answers/,
      });
      await until("a head whose answer was left out", async () => {
        await at(`${own} canvas`).first().focus(); // a view that is being drawn may miss a key
        await press("]");
        return warning.first().isVisible();
      });
    },
    { file },
  );
});

test("a PDF is printed", async () => {
  const file = join(folder, "look.pdf");
  const { bytes } = await exportTo(file, MAX_BYTES);
  assert.equal(statSync(file).size, bytes);
  assert.equal(readFileSync(file).subarray(0, 5).toString(), "%PDF-");
});
