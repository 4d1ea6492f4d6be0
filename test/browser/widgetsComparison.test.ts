import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { compare, loadModel, type Model, type Run, zero } from "../../engine/index.node.ts";
import { comparison, tokens } from "../../widgets/index.ts";
import { HANG_MS, untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PROMPT = "The keys to the cabinet are on the table. The keys";

let browser: Browser;
let model: Model;
let folder: string;
let a: Run;
let b: Run;
before(async () => {
  browser = await WidgetPage.launch();
  folder = await mkdtemp(join(tmpdir(), "vitrine-comparison-"));
  model = await loadModel("tiny", { backend: "cpu" });
  a = await model.run(PROMPT);
  b = await model.run(PROMPT, { edits: [zero("blocks.1.attn.hook_z", { head: 1 })] });
});
after(async () => {
  await browser?.close();
  model?.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** How much more red than blue the middle of a map's cell is. Runs in the page. */
const hueFunction = (canvas: Element, [x, y]: readonly [number, number]): number => {
  const own = canvas as HTMLCanvasElement;
  const [left = 0, top = 0, width = 0, height = 0] = (own.dataset.cells ?? "")
    .split(" ")
    .map(Number);
  const [px = 0, py = 0] = [left + (x + 0.5) * width, top + (y + 0.5) * height].map(Math.round);
  const [red = 0, , blue = 0] = own.getContext("2d")?.getImageData(px, py, 1, 1).data ?? [];
  return red - blue;
};

test("one run, the other and their difference have the engine's numbers on one scale", async () => {
  const record = await compare(a, b);
  await WidgetPage.during(browser, async (page) => {
    const { at, has, press, button } = hands(() => page.page);
    await page.show(comparison(a, b, { record }));
    await has(".vt-comparison-summary", `first part at ${record.parting?.site}`);
    await at('[role=radiogroup][aria-label="show"]').waitFor({ state: "hidden" });
    await page.page.getByLabel("quantity of tokens").selectOption("surprisal");
    await at(".vt-text").focus();
    await press("Home", "ArrowRight", "ArrowRight", "ArrowRight");
    const bits = [a, b].map(({ tokens: all }) => -(all[3]?.logprob ?? 0) / Math.LN2);
    const shown = bits.map((one) => Number(one.toPrecision(6)));
    await has(".vt-cell-line", `A ${shown[0]} bits, B ${shown[1]} bits`);
    await button("Table").click();
    const cells = at(".vt-table tbody tr").nth(3).locator("td");
    await untilEqual(
      async () => (await cells.allTextContents()).slice(-3).map(Number),
      [bits[0], bits[1], (bits[1] ?? 0) - (bits[0] ?? 0)],
    );
    const grounds: string[] = [];
    for (const side of ["a", "b", "difference"]) {
      await at(`input[value=${side}]`).check({ force: true });
      await page.settled();
      grounds.push(
        await at(".vt-text .vt-t")
          .nth(3)
          .evaluate((node) => (node as HTMLElement).style.background),
      );
      await at('[role=radiogroup][aria-label="scale"]').waitFor({
        state: side === "difference" ? "hidden" : "visible",
      });
    }
    assert.equal(new Set(grounds).size, 3, "each side has its own colour");
  });
});

test("a head's map is red where the second run attends more, and blue where it attends less", async () => {
  const [layer, head] = [2, 0];
  const [own, other] = await Promise.all(
    [a, b].map((run) => run.get(`blocks.${layer}.attn.hook_pattern`, { head })),
  );
  assert.ok(own && other);
  const differences = other.data.map((x, i) => x - (own.data[i] ?? 0));
  const n = a.tokens.length;
  const [most, least] = [Math.max, Math.min].map((end) =>
    [...differences].indexOf(end(...differences)),
  );
  await WidgetPage.during(browser, async (page) => {
    const { at, has, press } = hands(() => page.page);
    await page.show(comparison(a, b));
    await at("input[value=attention]").check({ force: true });
    await at(".vt-cells canvas").first().waitFor(); // until its numbers come it is hidden, and takes no focus
    await at(".vt-cells canvas").first().focus();
    await press("Home", ...Array<string>(8).fill("ArrowUp"), "ArrowDown", "ArrowDown");
    await has("h4", `Layer ${layer}, head ${head}`);
    const map = at(".vt-cells canvas").nth(1);
    await map.waitFor();
    await page.settled();
    const hue = (cell = 0) => map.evaluate(hueFunction, [cell % n, Math.floor(cell / n)] as const);
    assert.ok((await hue(most)) > 20, "more is red");
    assert.ok((await hue(least)) < -20, "less is blue");
    await at("input[value=a]").check({ force: true });
    await page.settled();
    await map.focus();
    await press("ArrowUp");
    await has(".vt-cell-line >> nth=1", "attention: A ");
  });
});

/** Layer and head whose attention an edit moved most, from the patterns themselves. */
async function movedMost(): Promise<{ layer: number; head: number }> {
  const heads = a.model.spec.layers.flatMap(({ attention }, layer) =>
    Array.from({ length: attention.nHeads }, (_, head) => ({ layer, head })),
  );
  let [most, found] = [-1, { layer: 0, head: 0 }];
  for (const place of heads) {
    const site = `blocks.${place.layer}.attn.hook_pattern`;
    const [own, other] = await Promise.all(
      [a, b].map((run) => run.get(site, { head: place.head })),
    );
    const moved = Array.from(own?.data ?? []).reduce(
      (sum, x, i) => sum + Math.abs(x - (other?.data[i] ?? 0)),
      0,
    );
    if (moved > most) [most, found] = [moved, place];
  }
  return found;
}

/** Pins a head in a run's pictures, as any picture of it may. Runs in the page. */
const pinHead = ([runId, layer, head]: readonly [string, number, number]): void => {
  const buses = (globalThis as Record<symbol, unknown>)[Symbol.for("vitrine.selectionBuses")];
  (buses as Map<string, { pin(part: object): void }>).get(runId)?.pin({ layer, head });
};

test("heads open on the one that moved most, or where another picture has pinned one", async () => {
  const { layer, head } = await movedMost();
  assert.notEqual(layer, 0, "nothing moves before the edit");
  await WidgetPage.during(browser, async (page) => {
    const { at, has, press } = hands(() => page.page);
    await page.show(tokens(a));
    await page.show(comparison(a, b));
    await at("input[value=attention]").check({ force: true });
    await has("h4", `Layer ${layer}, head ${head}`);
    await has(".vt-cell-line >> nth=0", `layer ${layer}, head ${head}: moved mass`);
    await at(".vt-cells canvas").first().focus();
    await press("Home", ...Array<string>(8).fill("ArrowUp"));
    await has("h4", "Layer 0, head 0"); // the reader's choice stays
    await page.settled();
    await has("h4", "Layer 0, head 0");
  });
  await WidgetPage.during(browser, async (page) => {
    const { at, has } = hands(() => page.page);
    await page.show(tokens(a));
    await page.page.evaluate(pinHead, [a.id, 4, 2] as const);
    await page.show(comparison(a, b));
    await at("input[value=attention]").check({ force: true });
    await has("h4", "Layer 4, head 2");
  });
});

test("labels of a map's keys are all there, and none stands on its neighbour", async () => {
  const special = "<｜User｜>7+5-3+8=?<｜Assistant｜><think>7+5=1";
  const [own, other] = [
    await model.run(special),
    await model.run(special, { edits: [zero("blocks.1.attn.hook_z", { head: 1 })] }),
  ];
  await WidgetPage.during(browser, async (page) => {
    const { at } = hands(() => page.page);
    await page.show(comparison(own, other));
    await at("input[value=attention]").check({ force: true });
    const labels = at(".vt-cells-overlay").nth(1).locator("text[data-column]");
    await untilEqual(() => labels.count(), own.tokens.length);
    const texts = await labels.allTextContents();
    assert.ok(
      texts[1]?.startsWith("<｜User"),
      `the text of a special token is shown, got ${texts[1]}`,
    );
    /** Distances between the lines that turned labels stand on, each across from the one before. */
    const apart = await labels.evaluateAll((nodes) =>
      nodes.slice(1).map((node, i) => {
        const [before, own] = [nodes[i], node].map((one) => (one as SVGTextElement).getCTM());
        if (!before || !own) return 0;
        const x = (m: DOMMatrix, text: Element | undefined) =>
          m.a * Number(text?.getAttribute("x")) + m.c * Number(text?.getAttribute("y")) + m.e;
        return (x(own, node) - x(before, nodes[i])) * Math.abs(own.b);
      }),
    );
    assert.ok(
      apart.every((pixels) => pixels >= 9),
      `lines are ${apart} pixels apart`,
    );
  });
});

test("a token is pinned in the pictures of both runs, at its place in each", async () => {
  const longer = await model.run(`Well. ${PROMPT}`);
  await WidgetPage.during(browser, async (page) => {
    const { at } = hands(() => page.page);
    await page.show(comparison(a, longer));
    for (const run of [a, longer]) await page.show(tokens(run));
    const pieces = at('[data-vt-picture="comparison"] .vt-t');
    await pieces.last().click();
    await page.settled();
    for (const [i, run] of [a, longer].entries()) {
      const pinned = at('[data-vt-picture="tokens"]').nth(i).locator(".vt-pinned");
      await untilEqual(() => pinned.getAttribute("data-token"), String(run.tokens.length - 1));
    }
    const ofBAlone = longer.tokens[0]?.id === a.tokens[0]?.id ? 1 : 0;
    await pieces.nth(ofBAlone).click();
    await at(`[data-vt-picture="comparison"] .vt-pinned[data-token="${ofBAlone}"]`).waitFor();
  });
});

test("a file of it responds without a kernel", async () => {
  const path = join(folder, "comparison.html");
  await comparison(a, b).save(path);
  const page = await browser.newPage();
  page.setDefaultTimeout(HANG_MS);
  await page.goto(pathToFileURL(path).href);
  const { at, has, press } = hands(() => page);
  await at("input[value=attention]").check({ force: true });
  await at(".vt-cells canvas").first().waitFor();
  await at(".vt-cells canvas").first().focus();
  await press("Home", ...Array<string>(8).fill("ArrowUp"), "ArrowDown", "ArrowDown", "ArrowRight");
  await has("h4", "Layer 2, head 1");
  await has(".vt-cell-line >> nth=0", "moved mass 0.");
  await at(".vt-cells canvas").nth(1).waitFor();
  await at(".vt-cells canvas").nth(1).focus();
  await press("ArrowUp");
  await has(".vt-cell-line >> nth=1", "attention: A ");
  assert.equal((await at(".vt-problem").textContent()) ?? "", "");
  await page.close();
});
