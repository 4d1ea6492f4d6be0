import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { loadModel } from "../../engine/index.node.ts";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { attention, cost, routing } from "../../widgets/index.ts";
import { exactF32, flopCount, milliseconds } from "../../widgets/render/formatNumber.ts";
import { until, untilEqual } from "../fixtures/until.ts";
import { tinyPages } from "./tinyPages.ts";

const { onPage, press, at, has, hasCount } = tinyPages({ backend: "reference" });
const text = (selector: string): Promise<string | null> => at(selector).textContent();

/** What stands where a weight will be is an ellipsis until the kernel has told it. */
const NUMBER = /\d/;

/** Opens layer 4, head 3 by keyboard alone. */
async function openHead(selector: string): Promise<void> {
  await at(`${selector} .vt-overview canvas`).focus();
  await press(...Array(4).fill("ArrowDown"), ...Array(3).fill("ArrowRight"), "Enter");
  await has(`${selector} .vt-detail-head strong`, "Layer 4 · Head 3");
}

test("a head opened by keyboard shows each cell's exact weight, and Escape leads back", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(attention(run));
    await openHead(selector);
    const tile = await run.attentionTile({ layer: 4, head: 3 });
    await press("ArrowUp"); // the first arrow lands on the lit token's own cell
    await press("ArrowUp");
    await has(`${selector} .vt-tip strong`, "masked: the future");
    await press("ArrowLeft");
    const cell = exactF32(tile.weights[16 * tile.columns + 16] ?? Number.NaN);
    await has(`${selector} .vt-tip strong`, cell);
    await press("ArrowLeft");
    await has(`${selector} .vt-tip strong`, exactF32(tile.weights[16 * tile.columns + 15] ?? 0));
    await has(`${selector} .vt-readout`, exactF32(tile.weights[16 * tile.columns] ?? 0));
    await press("]");
    await has(`${selector} .vt-detail-head strong`, "Layer 4 · Head 3"); // the last head stays
    await press("[", "PageUp");
    await has(`${selector} .vt-detail-head strong`, "Layer 3 · Head 2");
    await press("Escape");
    await at(`${selector} .vt-detail`).waitFor({ state: "hidden" });
  }));

test("the scale is named and changes the maps, not the numbers", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(attention(run));
    await openHead(selector);
    await press("ArrowUp");
    const read = (): Promise<string | null> => text(`${selector} .vt-tip strong`);
    await has(`${selector} .vt-tip strong`, NUMBER);
    const weight = await read();
    const pixels = (): Promise<string> =>
      at(`${selector} .vt-overview canvas`)
        .first()
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    await page.settled();
    const pictures = new Set([await pixels()]);
    for (const [scale, end] of [
      ["log", /≤/],
      ["rank", "strongest key"],
      ["linear", "weight 0"],
    ] as const) {
      await at(`${selector} input[value=${scale}]`).click();
      await has(`${selector} .vt-legend`, end);
      await page.settled();
      pictures.add(await pixels());
      await untilEqual(read, weight, scale);
    }
    assert.equal(pictures.size, 3, "linear again is linear as before");
  }));

test("the pointer reads the cell it stands on, at any pixel density", () =>
  onPage(
    async ({ page, run }) => {
      const { selector } = await page.show(attention(run));
      await openHead(selector);
      await press("ArrowUp");
      await has(`${selector} .vt-tip strong`, NUMBER);
      const canvas = at(`${selector} .vt-map canvas`);
      await canvas.waitFor();
      await page.settled(); // what comes above the map moves it
      const box = await canvas.boundingBox();
      const overlay = at(`${selector} .vt-map-overlay .vt-cross`).first();
      const row = await overlay.boundingBox();
      assert.ok(box && row);
      const size = row.width / run.tokens.length;
      const position = { x: row.x - box.x + 3.5 * size, y: row.y - box.y - 0.5 * size };
      await canvas.hover({ position }); // key 3, and one above the last query
      const tile = await run.attentionTile({ layer: 4, head: 3 });
      await has(`${selector} .vt-tip strong`, exactF32(tile.weights[16 * tile.columns + 3] ?? 0));
    },
    { density: 2, width: 1900 },
  ));

test("turned round, the strip and the readout show who attends to the token under the pointer", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(attention(run));
    await openHead(selector);
    await page.page.getByRole("radio", { name: "to the lit token" }).check();
    await at(`${selector} .vt-chip[data-token="3"]`).hover();
    await has(`${selector} .vt-readout h4`, "s (3) is attended by");
    const { weights, columns } = await run.attentionTile({ layer: 4, head: 3 });
    const best = Array.from({ length: columns }, (_, q) => weights[q * columns + 3] ?? 0);
    const first = at(`${selector} .vt-readout-table tr`).first();
    await first.filter({ hasText: exactF32(Math.max(...best)) }).waitFor();
  }));

test("a token hovered or pinned in one picture lights in the others", () =>
  onPage(async ({ page, run }) => {
    const a = (await page.show(attention(run))).selector;
    const r = (await page.show(routing(run))).selector;
    const c = (await page.show(cost(run))).selector;
    await at(`${a} .vt-chip[data-token="6"]`).hover();
    await has(`${r} .vt-route h4`, "·cab (6)");
    await has(`${c} .vt-cost-line`, "·cab (6, prefill)");
    await at(`${a} .vt-chip[data-token="9"]`).click();
    await page.page.mouse.move(5, 5);
    await has(`${r} .vt-route h4`, "·are (9)");
    await has(`${c} .vt-cost-line`, "·are (9, prefill)");
    await at(`${c} .vt-charts canvas`).focus();
    await press("ArrowRight");
    await has(`${a} .vt-lit-chip`, "·on");
    await press("Escape");
    await has(`${c} .vt-cost-line`, "Point at a bar");
  }));

test("a route shows its experts, weights and biased scores as the run has them", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(routing(run));
    const { indices, weights, nTokens, nExperts, biasedScores } = await run.routing({
      biasedScores: true,
    });
    await at(`${selector} .vt-grid-rows canvas`).focus();
    await press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"); // token 2, second MoE layer
    const expert = indices[(nTokens + 2) * 2] ?? -1;
    const score = biasedScores?.[(nTokens + 2) * nExperts + expert] ?? Number.NaN;
    const cells = at(`${selector} .vt-route-table tbody tr`).first().locator("td");
    await has(`${selector} .vt-route-table td`, exactF32(score));
    await untilEqual(
      () => cells.allInnerTexts(),
      [String(expert), exactF32(weights[(nTokens + 2) * 2] ?? 0), exactF32(score)],
    );
  }));

test("a dense model is said to have no routed experts", () =>
  onPage(async ({ page }) => {
    const dense = await loadModel(inRepository("test/fixtures/hf-random/llama3"), {
      backend: "reference",
    });
    const { selector, bundle } = await page.show(routing(await dense.run([1, 2, 3])));
    assert.match(String(await text(`${selector} .vt-refusal`)), /no routed experts/);
    assert.match(String(bundle["image/svg+xml"]), /no routed experts/);
    dense.dispose();
  }));

test("prices edited in the page reach the kernel, and prices set there reach the page", () =>
  onPage(async ({ page, run }) => {
    const widget = cost(run);
    const { selector } = await page.show(widget);
    const input = at(`${selector} .vt-price-table tbody tr input[type=number]`);
    await input.first().fill("1000000");
    await has(`${selector} .vt-price-table tbody tr td`, `$${run.tokens.length}.00`);
    await until("the price in the kernel", () => widget.prices[0]?.perMillion.input === 1e6);
    await input.first().fill("-3");
    await page.settled();
    assert.equal(widget.prices[0]?.perMillion.input, 1e6, "an invalid price stays in the page");
    widget.prices = [
      {
        name: "mine",
        source: "here",
        date: "2026-11",
        currency: "EUR",
        perMillion: { input: 2e6, cachedInput: 0, output: 0, reasoning: null },
        offPeak: null,
        maxInputTokens: null,
      },
    ];
    await has(`${selector} .vt-price-table tbody tr td`, `€${2 * run.tokens.length}.00`);
    assert.throws(() => {
      widget.prices = [{ name: "x" } as never];
    }, /cost\.prices\[0\]\.source: expected/);
  }));

test("cost shows prefill and decode of a generation apart", () =>
  onPage(async ({ page, model }) => {
    const generation = model.generate("12 + 29 =", { maxTokens: 4, seed: 7 });
    for await (const _ of generation);
    const { selector } = await page.show(cost(generation));
    const cards = at(`${selector} .vt-card .vt-big`);
    const prompt = generation.run.tokens.filter((t) => t.phase === "prompt").length;
    await untilEqual(
      async () => (await cards.allInnerTexts()).slice(0, 2),
      [`${prompt} tokens`, "4 tokens"],
    );
    await at(`${selector} .vt-actions button`).click();
    const rows = at(`${selector} .vt-table tbody tr`);
    await untilEqual(() => rows.count(), generation.run.tokens.length);
    const prices = async (row: Locator): Promise<string[]> =>
      (await row.locator("td").allInnerTexts()).slice(-3);
    const [ofInput, ofOutput] = [rows.first(), rows.last()];
    await untilEqual(() => prices(ofInput), ["0.28", "0.27", "2.5"], "µ$ of an input token");
    await untilEqual(() => prices(ofOutput), ["0.42", "1.1", "10"], "µ$ of an output token");
    await at(`${selector} .vt-charts canvas`).focus();
    await press("ArrowRight");
    await has(`${selector} .vt-cost-line`, "0.28 µ$ at DeepSeek-V3.2 API");
  }));

test("of cost nothing is cut off at common widths, and four cards stand in one row, two or four", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run));
    const button = at(`${selector} .vt-prices-foot button`);
    for (const width of [1280, 1440, 1600, 1920, 1000, 740, 560, 320]) {
      // A notebook with its file browser open leaves a picture about so much of the window.
      for (const room of [width, width - 400].filter((pixels) => pixels >= 320)) {
        await page.page.setViewportSize({ width: room, height: 900 });
        await page.framesDrawn();
        const { cut, perRow } = await at(`${selector} .vt`).evaluate((root) => {
          const edge = root.getBoundingClientRect();
          const parts = root.querySelectorAll(
            ".vt-card dd, .vt-card .vt-big, .vt-prices, .vt-prices td, .vt-prices button, .vt-same, canvas",
          );
          const tops = [...root.querySelectorAll(".vt-card")].map(
            (card) => card.getBoundingClientRect().top,
          );
          const rows = new Map<number, number>();
          for (const top of tops) rows.set(top, (rows.get(top) ?? 0) + 1);
          return {
            cut: [...parts]
              .filter((part) => {
                const box = part.getBoundingClientRect();
                const holder = part.closest(".vt-card, .vt-prices") ?? root;
                const right = Math.min(edge.right, holder.getBoundingClientRect().right);
                return box.right > right + 0.5 || box.left < edge.left;
              })
              .map((part) => part.outerHTML.slice(0, 200)),
            perRow: [...rows.values()],
          };
        });
        assert.deepEqual(cut, [], `${room} pixels`);
        assert.ok(new Set(perRow).size === 1, `${perRow.join(" + ")} cards at ${room} pixels`);
      }
    }
    await button.click();
    await hasCount(`${selector} .vt-price-table tbody tr`, 5);
  }));

test("cost tells what each part of the model takes, of the run and of a token", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(cost(run));
    const { classes, byClass } = run.cost();
    const experts = classes.findIndex(({ costClass }) => costClass === "routedExperts");
    const row = at(`${selector} .vt-class-table tr`, { hasText: "routed experts" });
    const flops = row.locator('[data-label="FLOPs"] .vt-share-number');
    await flops.filter({ hasText: flopCount(classes[experts]?.flops ?? 0) }).waitFor();
    await at(`${selector} .vt-charts canvas`).focus();
    await press("ArrowRight");
    await has(`${selector} .vt-class-table caption`, "Token 0");
    await untilEqual(() => flops.textContent(), flopCount(byClass[experts * 4] ?? 0));
    await press("Escape");
  }));

test("what is the same for every token is a line, not bars", () =>
  onPage(async ({ page, run }) => {
    const { selector, bundle } = await page.show(cost(run));
    await at(`${selector} .vt-same`).first().waitFor();
    const lines = await at(`${selector} .vt-same`).allTextContents();
    const [first] = run.cost().tokens;
    const said = `${milliseconds(first?.durationMs ?? null)} a token, the same for all ${run.tokens.length} (measured)`;
    assert.ok(lines.includes(`Time ${said}`), lines.join("\n"));
    assert.ok(String(bundle["image/svg+xml"]).includes(said));
    assert.ok(!lines.some((line) => line.startsWith("FLOPs")), "later tokens look back further");
  }));

test("every picture has a table with its exact numbers, and a static picture and text beside it", () =>
  onPage(async ({ page, run }) => {
    for (const widget of [attention(run), routing(run), cost(run)]) {
      const { selector, bundle } = await page.show(widget as ReturnType<typeof cost>);
      const svg = String(bundle["image/svg+xml"]);
      assert.match(svg, /^<svg/);
      assert.ok(svg.length < 150_000);
      assert.ok(String(bundle["text/plain"]).length > 20);
      const readable = await page.page.evaluate((markup) => {
        const parsed = new DOMParser().parseFromString(markup, "image/svg+xml");
        return parsed.querySelector("parsererror") === null;
      }, svg);
      assert.ok(readable, "the SVG is well-formed");
      await at(`${selector} .vt-actions button`).click();
      if (await at(`${selector} .vt-overview`).count()) await openHead(selector);
      await at(`${selector} .vt-table tbody tr`).first().waitFor();
    }
  }));

test("a saved picture follows the page's theme, not the system's, and shrinks to its width", () =>
  onPage(
    async ({ page, run }) => {
      for (const widget of [attention(run), routing(run), cost(run)]) {
        const { bundle } = await page.show(widget as ReturnType<typeof cost>);
        await page.page.evaluate((html) => {
          document.body.innerHTML = html;
        }, String(bundle["text/html"]));
        const ground = (): Promise<string> =>
          at("svg .g").evaluate((node) => getComputedStyle(node).fill);
        assert.equal(await ground(), "rgb(255, 255, 255)", "light in a dark system");
        await page.page.evaluate(() => {
          document.body.dataset.jpThemeLight = "false";
        });
        await untilEqual(ground, "rgb(21, 24, 29)");
        await page.page.evaluate(() => {
          document.body.dataset.jpThemeLight = "true";
        });
        await untilEqual(ground, "rgb(255, 255, 255)");
        const box = await at("svg").boundingBox();
        assert.ok(box && box.width <= 400 && box.height < 0.9 * 400, JSON.stringify(box));
        assert.equal(await at("pre").isVisible(), false);
      }
    },
    { dark: true, width: 400 },
  ));

test("a long prompt is browsed in tiles of at most 1 MB, exact down to the cell", () =>
  onPage(async ({ page }) => {
    const fast = await loadModel("tiny", { backend: "cpu" });
    const long = await fast.run(Array.from({ length: 500 }, (_, i) => 300 + ((i * 7) % 97)));
    const nTokens = long.tokens.length;
    const { selector } = await page.show(attention(long));
    await openHead(selector);
    await press("ArrowUp", "ArrowUp");
    const { weights } = await long.attentionTile({
      layer: 4,
      head: 3,
      queryStart: nTokens - 2,
      queryCount: 1,
    });
    await press("ArrowLeft", "ArrowLeft");
    await has(`${selector} .vt-tip strong`, exactF32(weights[nTokens - 3] ?? Number.NaN));
    await press("+", "+", "+");
    await has(`${selector} .vt-detail-head`, "queries 437–499");
    assert.ok(page.largestBufferBytes > 0 && page.largestBufferBytes <= 2 ** 20);
    fast.dispose();
  }));

test("a slider draws another slice of an array of four axes, and says which", () =>
  onPage(async ({ page }) => {
    const data = Float32Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i);
    const { "text/html": markup } = await toMimeBundle({ data, shape: [2, 3, 4, 5] });
    await page.page.evaluate((html) => {
      document.body.innerHTML = html;
    }, String(markup));
    const source = (): Promise<string | null> => at("img").getAttribute("src");
    const slices = ((await at("figure").getAttribute("data-slices")) ?? "").split(" ");
    await has("output", "[0, 0, :, :]");
    await page.page.getByRole("slider", { name: "slice" }).focus();
    await press(...Array(4).fill("ArrowRight"));
    await has("output", "[1, 1, :, :]");
    await untilEqual(source, `data:image/png;base64,${slices[4]}`);
  }));

test("a closed view leaves nothing behind in the page or on the bus", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(attention(run));
    await page.show(routing(run));
    await page.closeViews();
    await hasCount(`${selector} *`, 0);
    const later = (await page.show(cost(run))).selector;
    await at(`${later} .vt-charts canvas`).focus();
    await press("ArrowRight");
    await has(`${later} .vt-cost-line`, "(0, prefill)");
  }));

test("the page's theme is taken up when it changes, and no picture is wider than its place", () =>
  onPage(
    async ({ page, run }) => {
      const shown = [attention(run), routing(run), cost(run)];
      const selectors: string[] = [];
      for (const widget of shown)
        selectors.push((await page.show(widget as ReturnType<typeof cost>)).selector);
      for (const width of [600, 900, 1280, 1900]) {
        await page.page.setViewportSize({ width, height: 900 });
        await page.framesDrawn();
        const wide = await page.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} of ${width} pixels`);
      }
      const theme = (): Promise<string | null> =>
        at(`${selectors[0]} .vt`).getAttribute("data-vt-theme");
      await untilEqual(theme, "light");
      await page.page.evaluate(() => {
        document.body.style.background = "#111";
      });
      await at(`${selectors[0]} .vt[data-vt-theme=dark]`).waitFor();
    },
    { width: 900 },
  ));
