import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { sparse } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { massRows } from "../../widgets/sparse/data.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let model: Model;
let run: Run;
let browser: Browser;
let page: WidgetPage;

const T = 40;
const tokens = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 37 + 5) % 97);

before(async () => {
  model = await loadModel(inRepository("test/fixtures/hf-random/deepseek_v32"), { backend: "cpu" });
  run = await model.run(tokens(T));
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

/** Opens a page with a run's picture; it must stay without errors and requests. */
async function onPage(of: Run, body: () => Promise<void>): Promise<void> {
  page = await WidgetPage.open(browser);
  try {
    await page.show(sparse(of));
    await body();
    assert.deepEqual(page.problems, []);
    assert.ok(page.largestBufferBytes <= 2 ** 20, `${page.largestBufferBytes} bytes at once`);
  } finally {
    await page.close();
  }
}

const { press, at, has } = hands(() => page.page);
const focus = (): Promise<void> => at(".vt-sparse-stage canvas").focus();
const choose = (label: string): Promise<void> =>
  at(".vt-segments label").filter({ hasText: label }).first().click();
const reads = (text: string): Promise<void> => has(".vt-sparse-readout dd", text);

test("kept keys, scores, weights and dropped mass are the engine's digit for digit", () =>
  onPage(run, async () => {
    const [layer, head, query] = [1, 1, T - 1];
    await at(".vt-sparse-overlay text").first().waitFor();
    await focus();
    await press("PageDown", "]", "ArrowDown", "Home");
    const [scores, chosen, mass] = await Promise.all([
      run.get(`blocks.${layer}.attn.hook_index_scores`),
      run.get(`blocks.${layer}.attn.hook_topk_indices`),
      run.droppedMass(layer),
    ]);
    const dense = await run.attentionTile({ layer, head, everyKey: true });
    const kept = new Set([...chosen.row(query).data].map(Number));
    const rows = massRows(mass, head);
    await reads(`${kept.size} of ${T}`);
    await reads(exactF32(rows.head[query] ?? Number.NaN));
    await reads(exactF32(rows.mean[query] ?? Number.NaN));
    const verdicts = new Set<string>();
    for (let key = 0; key < 12; key++) {
      const row = [...scores.row(query).data];
      const own = Number(row[key]);
      const rank =
        1 + row.filter((score, other) => score > own || (score === own && other < key)).length;
      await reads(`${exactF32(own)}, rank ${rank} of ${T}`);
      const weight = dense.weights[query * T + key] ?? Number.NaN;
      await has(
        ".vt-sparse-readout dd",
        new RegExp(`^${exactF32(weight).replace(/[.+]/g, "\\$&")}$`),
      );
      const verdict = kept.has(key) ? "kept" : "dropped";
      await has(".vt-sparse-readout dd", new RegExp(`^${verdict}$`));
      verdicts.add(verdict);
      await press("ArrowRight");
    }
    assert.equal(verdicts.size, 2, "kept and dropped keys were read");
    await at(".vt-actions").getByRole("button", { name: "Table" }).click();
    const cells = at(".vt-table tbody tr").nth(20).locator("td");
    await has(".vt-table caption", "Layer 1, head 1");
    await untilEqual(
      async () => (await cells.allTextContents()).slice(2),
      [
        ...["21", String(mass.kept[20])],
        ...[rows.head[20], rows.mean[20]].map((x) => exactF32(x ?? Number.NaN)),
      ],
    );
  }));

test("a pixel tells kept from dropped, and a bar is as long as the dropped mass", () =>
  onPage(run, async () => {
    const chosen = await run.get("blocks.0.attn.hook_topk_indices");
    const mass = massRows(await run.droppedMass(0), 0);
    await has(".vt-sparse-overlay text.vt-label", /^dropped mass$/);
    await page.settled();
    const number = (label: Locator, name: string): Promise<number> =>
      label.first().getAttribute(name).then(Number);
    const labels = at(".vt-sparse-overlay text.vt-label");
    const [x10, x20] = await Promise.all(
      [/^10$/, /^20$/].map((hasText) => number(labels.filter({ hasText }), "x")),
    );
    const size = ((x20 ?? 0) - (x10 ?? 0)) / 10;
    const left = (x10 ?? 0) - 10.5 * size;
    const strip = await number(labels.filter({ hasText: /^dropped mass$/ }), "x");
    const pixels = (places: readonly (readonly [number, number])[]): Promise<string[]> =>
      at(".vt-sparse-stage canvas").evaluate((canvas, at) => {
        const context = (canvas as HTMLCanvasElement).getContext("2d");
        return at.map(([x, y]) => String(context?.getImageData(x, y, 1, 1).data));
      }, places);
    const yOf = (query: number): number => 34 + (query + 0.5) * size;
    const cells = Array.from({ length: T * T }, (_, i) => [Math.floor(i / T), i % T] as const);
    const seen = await pixels(cells.map(([query, key]) => [left + (key + 0.5) * size, yOf(query)]));
    const kept = Array.from({ length: T }, (_, t) => new Set([...chosen.row(t).data].map(Number)));
    const colours = new Map<string, Set<string>>();
    for (const [i, [query, key]] of cells.entries()) {
      const state = key > query ? "unseen" : kept[query]?.has(key) ? "kept" : "dropped";
      colours.set(state, (colours.get(state) ?? new Set()).add(seen[i] ?? ""));
    }
    assert.deepEqual(
      [...colours.values()].map((set) => set.size),
      [1, 1, 1],
    );
    assert.equal(new Set([...colours.values()].flatMap((set) => [...set])).size, 3);
    const [ground] = await pixels([[strip + 108, yOf(0)]]);
    const queries = Array.from({ length: T }, (_, query) => query).filter((query) => {
      const dropped = mass.head[query] ?? 0;
      return dropped > 0.1 && Math.abs(dropped - (mass.mean[query] ?? 0)) > 0.03;
    });
    assert.ok(queries.length > 1, "bars end apart from the mean's tick");
    const endOf = (query: number): number => strip + 110 * (mass.head[query] ?? 0);
    const within = await pixels(queries.map((query) => [endOf(query) - 2, yOf(query)]));
    const behind = await pixels(queries.map((query) => [endOf(query) + 1.5, yOf(query)]));
    assert.ok(within.every((colour) => colour !== ground));
    assert.deepEqual(new Set(behind), new Set([ground]));
  }));

test("cost against length says the engine's numbers, and the keys choose a length", () =>
  onPage(run, async () => {
    const { lengths, denseLengths } = run.costByLength();
    await at(".vt-sparse-lengths .vt-chart").focus();
    await press("ArrowRight", "ArrowRight", "ArrowRight");
    await has(".vt-sparse-lengths .vt-says", `${lengths[2]?.context} positions`);
    await at(".vt-sparse-lengths .vt-button").click();
    const row = at(".vt-sparse-lengths tbody tr").nth(7).locator("td");
    const wanted = [lengths[7], denseLengths?.[7]] as const;
    const numbers = (["flops", "attentionFlops", "kvReadBytes"] as const).flatMap((each) =>
      wanted.map((length) => String(length?.[each])),
    );
    await untilEqual(() => row.allTextContents(), [String(lengths[7]?.context), ...numbers]);
  }));

test("a long run is pooled by name within 1 MB, and zoomed in shows single keys", async () => {
  const long = await model.run(tokens(600));
  await onPage(long, async () => {
    await has(
      ".vt-sparse-key",
      "a cell is 3 queries × 1 key: the share of its keys that were kept",
    );
    await focus();
    await press("ArrowDown", "+", "+");
    await has(".vt-sparse-overlay text", /^dropped mass$/);
    await at(".vt-sparse-key").filter({ hasNotText: "a cell is" }).waitFor();
    await choose("weights without selection");
    await has(".vt-sparse-key", "linear");
    await choose("log");
    await has(".vt-sparse-key", "logarithmic over four decades");
  });
  long.dispose();
});

test("a model whose queries see all keys is refused in a sentence, and a run that is gone says so", async () => {
  const other = await loadModel(inRepository("test/fixtures/hf-random/deepseek_v3"));
  await onPage(await other.run([1, 2, 3]), () => has(".vt-body", "has no sparse attention"));
  other.dispose();
  const gone = await model.run(tokens(8));
  await onPage(gone, async () => {
    await at(".vt-sparse-overlay text").first().waitFor();
    gone.dispose();
    await focus();
    await press("PageDown");
    await has(".vt-note.vt-warning", "expected a live run");
  });
});
