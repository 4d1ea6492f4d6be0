import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { findChromium } from "../../scripts/test/findChromium.ts";
import { attention, type Picture, tokens } from "../../widgets/index.ts";
import { allPictures, specialRuns } from "../fixtures/allPictures.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { WidgetPage } from "./widgetPage.ts";

let model: Model;
let run: Run;
let browser: Browser;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table");
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

/** Chooses from the menu "Save", once the picture is drawn, and gives the file that comes. */
async function saved(
  page: Page,
  ...labels: readonly string[]
): Promise<{ name: string; bytes: Buffer }> {
  const download = page.waitForEvent("download");
  await page.locator(".vt-save > button").click();
  for (const label of labels)
    await page.getByRole("menuitem", { name: label, exact: true }).click();
  const file = await download;
  await page.locator(".vt-menu").waitFor({ state: "hidden" });
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

async function show(page: WidgetPage, picture: Picture<never>): Promise<void> {
  await page.show(picture);
  await page.page.locator(".vt-save > button").waitFor();
  await page.settled();
}

const asAny = (picture: unknown): Picture<never> => picture as Picture<never>;

/** The colours of an image's points, given in shares of its sides. */
const coloursAt = (page: Page, png: Buffer, points: readonly (readonly [number, number])[]) =>
  page.evaluate(
    async ([base64, shares]) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d");
      context?.drawImage(image, 0, 0);
      return {
        size: [image.width, image.height],
        colours: shares.map(([x, y]) => [
          ...(context?.getImageData(Math.floor(x * image.width), Math.floor(y * image.height), 1, 1)
            .data ?? []),
        ]),
      };
    },
    [png.toString("base64"), points] as const,
  );

for (const dark of [false, true])
  test(`a PNG has what is on the ${dark ? "dark" : "light"} screen, twice as dense`, () =>
    WidgetPage.during(
      browser,
      async (page) => {
        for (const picture of [asAny(attention(run)), asAny(tokens(run))]) {
          const { selector } = await page.show(picture);
          await page.settled();
          const { name, bytes } = await saved(page.page, "PNG image");
          assert.equal(name, `${picture.name}.png`);
          const root = page.page.locator(`${selector} .vt`);
          const box = (await root.boundingBox()) ?? assert.fail("no picture");
          // Centres of cells and tokens, where the page's own pixels are flat.
          const centres = await root.locator("canvas, .vt-t").evaluateAll(
            (found, from) =>
              found.slice(0, 12).map((each): [number, number] => {
                const { x, y, height } = each.getBoundingClientRect();
                return [(x + 3 - from.x) / from.width, (y + height - 4 - from.y) / from.height];
              }),
            box,
          );
          assert.ok(centres.length > 0);
          await page.page.mouse.move(0, 0);
          const screen = await coloursAt(page.page, await root.screenshot(), centres);
          const file = await coloursAt(page.page, bytes, centres);
          assert.deepEqual(file.size, [2 * Math.ceil(box.width), 2 * Math.ceil(box.height)]);
          file.colours.forEach((colour, i) => {
            const wanted = screen.colours[i] ?? [];
            const isNear = colour.every((x, c) => Math.abs(x - (wanted[c] ?? 0)) <= 12);
            assert.ok(isNear, `${picture.name}, ${centres[i]}: ${colour} is not ${wanted}`);
          });
          await page.page.locator(selector).evaluate((node) => node.remove());
        }
      },
      { dark },
    ));

test("a cell saves PNG by a browser of the machine, twice as dense as the static picture", async (t) => {
  const file = join(await temporaryFolder(t), "attention.png");
  const { CHROME_PATH } = process.env;
  process.env.CHROME_PATH = findChromium() ?? assert.fail("no Chromium");
  t.after(() => {
    if (CHROME_PATH === undefined) delete process.env.CHROME_PATH;
    else process.env.CHROME_PATH = CHROME_PATH;
  });
  const picture = attention(run);
  await picture.save(file);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(await picture.toSvg()) ?? [];
  await WidgetPage.during(browser, async ({ page }) => {
    const corner = [10 / Number(width), 10 / Number(height)] as const;
    const { size, colours } = await coloursAt(page, await readFile(file), [corner]);
    assert.deepEqual(size, [2 * Number(width), 2 * Number(height)]);
    assert.deepEqual(colours, [[255, 255, 255, 255]]);
  });
});

test("an SVG of every picture stands alone: shapes, texts and images, no styles, nothing to fetch", async () => {
  const stepping = await model.step("The keys");
  await stepping.next("layer");
  const special = await specialRuns(model);
  for (const { picture } of await allPictures(run, stepping, special))
    await WidgetPage.during(browser, async (page) => {
      await show(page, picture);
      const { bytes } = await saved(page.page, "SVG drawing");
      const svg = bytes.toString("utf8");
      const seen = await page.page.evaluate((text) => {
        const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
        const title = document.querySelector(".vt-header h3")?.textContent;
        return {
          fault: parsed.querySelector("parsererror")?.textContent ?? null,
          names: [...new Set([...parsed.querySelectorAll("*")].map((node) => node.localName))],
          hasTitle: [...parsed.querySelectorAll("text")].some((node) => node.textContent === title),
          fetched: [...parsed.querySelectorAll("[href]")].filter(
            (node) => !node.getAttribute("href")?.startsWith("data:image/png"),
          ).length,
        };
      }, svg);
      assert.equal(seen.fault, null, picture.name);
      assert.ok(seen.hasTitle, `${picture.name} has no heading`);
      assert.equal(seen.fetched, 0);
      for (const name of ["foreignObject", "style", "script"])
        assert.ok(!seen.names.includes(name), `${picture.name} has ${name}`);
      assert.doesNotMatch(svg, /var\(--|currentColor/);
    });
  special.dispose();
});

test("CSV comes from the kernel, in parts where it is long, with the very bytes of toCsv", async () => {
  const long = await model.run(Array.from({ length: 60 }, (_, i) => (i * 37) % 500));
  await WidgetPage.during(browser, async (page) => {
    const picture = attention(long);
    await show(page, asAny(picture));
    const { name, bytes } = await saved(page.page, "CSV numbers", "CSV: weights");
    assert.equal(name, "attention-weights.csv");
    assert.ok(bytes.length > 2 ** 19, `${bytes.length} bytes are one part`);
    assert.equal(bytes.toString("utf8"), await picture.toCsv("weights"));
    assert.ok(page.largestBufferBytes <= 2 ** 20);
    long.dispose();
    await page.page.locator(".vt-save > button").click();
    await page.page.getByRole("menuitem", { name: "CSV numbers" }).click();
    await page.page.getByRole("menuitem", { name: "CSV: weights" }).click();
    await page.page.getByRole("alert").filter({ hasText: "expected a live run" }).waitFor();
    assert.equal(await page.page.locator(".vt-menu").isVisible(), true);
  });
});

test("the menu goes by keys, and says what it is", () =>
  WidgetPage.during(browser, async (page) => {
    await show(page, asAny(tokens(run)));
    const { page: at } = page;
    const focused = (text: string): Promise<void> =>
      until(`the focus to be on ${text}`, () =>
        at.evaluate((wanted) => document.activeElement?.textContent === wanted, text),
      );
    const opener = at.getByRole("button", { name: "Save" });
    await opener.focus();
    assert.equal(await opener.getAttribute("aria-haspopup"), "menu");
    assert.equal(await opener.getAttribute("aria-expanded"), "false");
    await at.keyboard.press("ArrowDown");
    await focused("PNG image");
    assert.equal(await opener.getAttribute("aria-expanded"), "true");
    assert.deepEqual(await axeViolations(at, ".vt"), []);
    await at.keyboard.press("ArrowUp");
    await focused("HTML page");
    await at.keyboard.press("Home");
    await at.keyboard.press("s");
    await focused("SVG drawing");
    await at.keyboard.press("Escape");
    await focused("Save");
    assert.equal(await at.getByRole("menu").isVisible(), false);
    await at.keyboard.press("ArrowUp");
    await focused("HTML page");
    await at.keyboard.press("ArrowUp");
    await focused("CSV numbers");
    await at.keyboard.press("Enter");
    await focused("CSV: tokens");
    await at.keyboard.press("End");
    await focused("CSV: alternatives");
    await at.mouse.click(5, 600);
    assert.equal(await at.getByRole("menu").isVisible(), false);
    await opener.click();
    const download = at.waitForEvent("download");
    await at.keyboard.press("Enter");
    assert.equal((await download).suggestedFilename(), "tokens.png");
    await focused("Save");
    await at.locator(".vt-live", { hasText: "Saved tokens.png" }).waitFor();
  }));
