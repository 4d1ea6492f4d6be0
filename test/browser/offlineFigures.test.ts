import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Exported, exportNotebook } from "../../cli/export/exportNotebook.ts";
import { markdownCell, savedNotebook, shownCell } from "../fixtures/savedNotebook.ts";
import { untilEqual } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { onFile } from "./fileOnDisk.ts";
import { WidgetPage } from "./widgetPage.ts";

const PLOTLY = "application/vnd.plotly.v1+json";
const figure = (data: object[], layout = {}) => ({ [PLOTLY]: { data, layout }, "text/plain": "f" });
const POINTS = { x: [1, 2, 3], y: [2, 1, 3] };

const folder = mkdtempSync(join(tmpdir(), "vitrine-figures-"));
const notebook = join(folder, "figures.ipynb");
let browser: Browser;
let page: Page;

const exportTo = (name: string, maxBytes: number): Promise<Exported> =>
  exportNotebook(notebook, {
    ...{ to: "html", out: join(folder, name), maxBytes, hashWeights: [] },
    signal: new AbortController().signal,
  });

before(async () => {
  const text = await savedNotebook([], {
    before: [
      markdownCell("# Figures"),
      shownCell("lines", {
        ...figure([{ type: "scatter", mode: "lines+markers", ...POINTS }], {
          title: { text: "Lines" },
        }),
        "text/html": "<div id=p></div><script>window.ran = 1</script>",
      }),
      shownCell(
        "bars",
        figure([{ type: "bar", ...POINTS, text: "<a href='javascript:window.ran=2'>x</a>" }]),
      ),
      shownCell("map", figure([{ type: "scattergeo", lon: [0], lat: [0] }])),
      shownCell(
        "many",
        figure([
          { type: "bar", ...POINTS },
          { type: "scattergl", ...POINTS },
        ]),
      ),
      shownCell("broken", { [PLOTLY]: { data: 7 }, "text/plain": "f" }),
    ],
  });
  writeFileSync(notebook, text);
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const onPage = (
  name: string,
  work: () => Promise<void>,
  options: { width?: number; dark?: boolean } = {},
): Promise<void> =>
  onFile(
    browser,
    join(folder, name),
    (opened) => {
      page = opened;
      return work();
    },
    options,
  );

const alive = '[data-view-name="plotly"][data-live="yes"]';
const INK = { light: "rgb(31, 35, 40)", dark: "rgb(228, 231, 235)" } as const;
const inkOf = (): Promise<string> =>
  page.locator(`${alive} .gtitle`).evaluate((text) => getComputedStyle(text).fill);

test("figures are drawn and respond without a network, with one copy of the library, and run no code", async () => {
  const { live, bytes } = await exportTo("figures.html", 20_000_000);
  assert.equal(live, 2);
  assert.equal(statSync(join(folder, "figures.html")).size, bytes);
  assert.ok(bytes < 2_500_000, `${bytes} bytes`);
  const html = readFileSync(join(folder, "figures.html"), "utf8");
  assert.equal(html.split('data-view="plotly"').length, 2);
  for (const dark of [false, true])
    await onPage(
      "figures.html",
      async () => {
        assert.equal(await page.locator(alive).count(), 2);
        for (const layer of ["scatterlayer", "barlayer"])
          await untilEqual(() => page.locator(`${alive} .${layer} .point`).count(), 3, layer);
        await untilEqual(inkOf, dark ? INK.dark : INK.light, "its ink");
        const point = page.locator(`${alive} .scatterlayer .point`).nth(1);
        await point.hover({ force: true });
        await point.hover({ force: true, position: { x: 2, y: 2 } });
        await page.locator(`${alive} .hoverlayer .hovertext`).first().waitFor();
        assert.equal(await page.evaluate(() => (window as { ran?: number }).ran), undefined);
        assert.equal(await page.locator(`${alive} a[href^="javascript"]`).count(), 0);
        assert.deepEqual(await axeViolations(page, "body"), []);
      },
      { dark },
    );
});

test("figures follow the theme of the page, and its width", () =>
  onPage("figures.html", async () => {
    await untilEqual(inkOf, INK.light);
    await page.emulateMedia({ colorScheme: "dark" });
    await untilEqual(inkOf, INK.dark);
    const wide = await page
      .locator(`${alive} .main-svg`)
      .first()
      .evaluate((it) => it.clientWidth);
    await page.setViewportSize({ width: 500, height: 800 });
    await page.waitForFunction(
      ([selector, width]) =>
        (document.querySelector(String(selector))?.clientWidth ?? 0) < Number(width),
      [`${alive} .main-svg`, wide] as const,
    );
    // Each figure follows by itself, so that the page is as wide as the last of them.
    await page.waitForFunction(() => document.documentElement.scrollWidth <= 500);
  }));

test("a map, what makes code, what is no figure, and a page too small for the library are sentences", async () => {
  await onPage("figures.html", async () => {
    const notes = await page.locator(".note").allTextContents();
    assert.deepEqual(
      notes.map((note) => note.slice(0, 70)),
      [
        "A Plotly figure that this page does not draw: scattergeo takes its map",
        "A Plotly figure that this page does not draw: scattergl makes code whi",
        "A Plotly figure that this page does not draw: it has no list of traces",
      ],
    );
  });
  const { live, bytes } = await exportTo("small.html", 100_000);
  assert.equal(live, 0);
  assert.ok(bytes <= 100_000);
  const html = readFileSync(join(folder, "small.html"), "utf8");
  assert.ok(!html.includes('data-view="plotly"'));
  assert.equal(
    html.split("would have more than 100,000 bytes: export with a larger --max-size").length,
    3,
  );
});
