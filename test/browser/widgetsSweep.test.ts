import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import {
  loadModel,
  logitDifference,
  type Model,
  patch,
  type Run,
  type SweepEffects,
  zero,
} from "../../engine/index.node.ts";
import { sweep, tokens } from "../../widgets/index.ts";
import { shortNumber } from "../../widgets/render/formatNumber.ts";
import { baselineText, effectText } from "../../widgets/sweep/data.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PLACES = ["on", "by", "in", "at", "to", "of"] as const;
const RESIDUAL = "blocks.{layer}.hook_resid_pre";

let model: Model;
let browser: Browser;
let page: WidgetPage;
let ofCat = 0;
let ofDog = 0;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  [ofCat = 0, ofDog = 0] = model.tokenizer.encode(" cat dog", { addSpecialTokens: false });
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

const onPage = (body: () => Promise<void>): Promise<void> =>
  WidgetPage.during(browser, (opened) => {
    page = opened;
    return body();
  });
const { press, at, has, hasCount } = hands(() => page.page);
const focus = (): Promise<void> => at(".vt-sweep-stage canvas").focus();
/** Waits until the readout says this of a term. */
const says = (term: string, wanted: string): Promise<void> =>
  untilEqual(
    () =>
      at(".vt-sweep-readout dt")
        .getByText(term, { exact: true })
        .locator("xpath=following-sibling::dd[1]")
        .textContent(),
    wanted,
    term,
  );

/** From wherever the cell is. */
async function goTo({ axes }: SweepEffects, row: number, column: number): Promise<void> {
  const repeat = (key: string, n: number): string[] => Array<string>(n).fill(key);
  await focus();
  await press("Home", ...repeat("ArrowUp", axes[0]?.values.length ?? 0));
  await press(...repeat("ArrowDown", row), ...repeat("ArrowRight", column));
}

/** Residuals of "The dog ..." put where "The cat ..." has its own, in several sentences. */
async function patched(): Promise<SweepEffects> {
  const pairs: { prompt: string; clean: Run }[] = [];
  for (const place of PLACES) {
    const clean = await model.run(`The dog sat ${place} the`, {
      capture: RESIDUAL.replace("{layer}", "*"),
    });
    pairs.push({ prompt: `The cat sat ${place} the`, clean });
  }
  return model.sweep(pairs, {
    grid: { site: RESIDUAL, over: ["layer", "position"] },
    edit: ({ site, position }, { clean }) =>
      patch(site, clean, { from: [position], to: [position] }),
    metric: logitDifference(ofDog, ofCat),
  });
}

test("every cell says the engine's effect, interval and p, and where it stands", () =>
  onPage(async () => {
    const effects = await patched();
    await page.show(sweep(effects));
    await has(".vt-sweep-summary", "logit difference");
    await has(".vt-sweep-summary", `Baseline ${baselineText(effects)}: `);
    await goTo(effects, 0, 0);
    const [layers, positions] = effects.axes;
    for (let column = 0; column < (positions?.values.length ?? 0); column++) {
      await has(".vt-sweep-readout h4", `layer ${layers?.values[0]}, position ${column}`);
      await says("effect", shortNumber(effects.effects.data[column] ?? Number.NaN));
      const ends = [effects.interval?.low, effects.interval?.high].map((x) =>
        shortNumber(x?.data[column] ?? Number.NaN),
      );
      await says("95 % interval", ends.join(" to "));
      await says("p, corrected", shortNumber(effects.p?.data[column] ?? Number.NaN));
      await press("ArrowRight");
    }
    await at(".vt-actions").getByRole("button", { name: "Table" }).click();
    const cells = at(".vt-table tbody tr").nth(7).locator("td");
    await untilEqual(
      async () => (await cells.allTextContents())[3],
      String(effects.effects.data[7]),
    );
  }));

test("cells that survive are outlined and hatched, in ink that their colour shows", () =>
  onPage(async () => {
    const effects = await patched();
    const { p } = effects;
    assert.ok(p);
    await page.show(sweep(effects));
    const nColumns = effects.axes[1]?.values.length ?? 1;
    const isSure = [...p.data].map((one) => one <= 0.05);
    const sure = isSure.indexOf(true);
    const unsure = effects.effects.data.findIndex((x, cell) => !isSure[cell] && x !== 0);
    assert.ok(sure >= 0 && unsure >= 0, "some cells survive, and others do not");
    await has(
      ".vt-sweep-summary",
      `${isSure.filter(Boolean).length} of ${p.data.length} cells survive`,
    );
    const coloursOf = async (cell: number): Promise<number> => {
      await goTo(effects, Math.floor(cell / nColumns), cell % nColumns);
      await has(".vt-sweep-readout dl", shortNumber(effects.effects.data[cell] ?? Number.NaN));
      await page.framesDrawn();
      return at(".vt-sweep-stage").evaluate((stage) => {
        const mark = stage.querySelector("rect.vt-cell:not(.vt-pinned-cell)");
        const [x = 0, y = 0, width = 0, height = 0] = ["x", "y", "width", "height"].map((name) =>
          Math.floor(Number(mark?.getAttribute(name))),
        );
        const context = stage.querySelector("canvas")?.getContext("2d");
        const { data } = context?.getImageData(x + 4, y + 4, width - 8, height - 8) ?? { data: [] };
        const seen = new Set<string>();
        for (let i = 0; i < data.length; i += 4)
          seen.add(`${data[i]} ${data[i + 1]} ${data[i + 2]}`);
        return seen.size;
      });
    };
    assert.equal(await coloursOf(unsure), 1, "a plain cell has one colour");
    assert.ok((await coloursOf(sure)) > 1, "a hatched one has its colour and its ink");
    await page.page.getByLabel("Survives at").selectOption("0.001");
    await has(".vt-sweep-summary", "No cell can survive at p ≤ 0.001");
    assert.equal(await coloursOf(sure), 1);
  }));

test("a cell lights its token in the run's pictures, and a token pinned there its column here", () =>
  onPage(async () => {
    const effects = await patched();
    const run = await model.run(`The cat sat ${PLACES[0]} the`);
    await page.show(sweep(effects, { run }));
    await page.show(tokens(run));
    await focus();
    await press("Home", "ArrowRight", "ArrowRight", "Enter");
    await has(".vt-sweep-readout h4", /position 2(?!\d)/);
    const pinned = at(".vt-tokens .vt-t").nth(2);
    await pinned.and(page.page.locator(".vt-pinned")).waitFor();
    await at(".vt-sweep-stage rect.vt-pinned-cell").waitFor();
    await at(".vt-tokens .vt-t").nth(3).click();
    await has(".vt-sweep-stage text.vt-lit", /^3/);
    await focus();
    await press("Escape");
    await hasCount(".vt-tokens .vt-t.vt-pinned", 0);
  }));

test("a sweep without a run leaves nothing on the page for pictures of a run", () =>
  onPage(async () => {
    const effects = await patched();
    await page.show(sweep(effects));
    await has(".vt-sweep-summary", "logit difference");
    const nBuses = (): Promise<number> =>
      page.page.evaluate(() => {
        const shared = globalThis as unknown as Record<symbol, Map<string, unknown> | undefined>;
        return shared[Symbol.for("vitrine.selectionBuses")]?.size ?? 0;
      });
    assert.equal(await nBuses(), 0);
    await page.show(sweep(effects, { run: await model.run(`The cat sat ${PLACES[0]} the`) }));
    await at(".vt-sweep-stage").nth(1).waitFor();
    assert.equal(await nBuses(), 1);
  }));

test("three axes are maps that brackets choose, any two of them, and an estimate says so", () =>
  onPage(async () => {
    const [clean, corrupted] = [
      await model.run("The dog sat on"),
      await model.run("The cat sat on"),
    ];
    const effects = await model.attributionPatching(clean, corrupted, {
      grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head", "position"] },
      metric: logitDifference(ofDog, ofCat),
    });
    await page.show(sweep(effects));
    await has(".vt-header p", "estimated");
    await has(".vt-sweep-summary", "Effects are estimated, not measured.");
    assert.equal(await page.page.getByLabel("Survives at").count(), 0);
    await focus();
    await press("[", "[", "[", "[", "[", "]", "]", "Home", ...Array(9).fill("ArrowUp"));
    await has(".vt-sweep-readout h4", /^layer 0, head 0, position 2/);
    await says("effect", shortNumber(effects.effects.row(0, 0).data[2] ?? Number.NaN));
    await page.page
      .getByLabel("Map", { exact: true })
      .selectOption({ label: "head × position, by layer" });
    await has(".vt-sweep-readout h4", /^layer 0, head 0, position 2/);
    await focus();
    await press("]", "ArrowDown", "ArrowRight");
    await has(".vt-sweep-readout h4", /^layer 1, head 1, position 3/);
    const wanted = effects.effects.row(1, 1).data[3] ?? Number.NaN;
    await says("effect", shortNumber(wanted));
    await has("[aria-live]", effectText(wanted));
  }));

test("a sweep over one axis is one row", () =>
  onPage(async () => {
    const effects = await model.sweep("The cat sat", {
      grid: { site: "blocks.{layer}.hook_mlp_out", over: ["layer"] },
      edit: ({ site }) => zero(site),
      metric: logitDifference(ofDog, ofCat),
    });
    await page.show(sweep(effects));
    await has(".vt-sweep-summary", "One prompt: no intervals and no p.");
    await focus();
    await press("Home", "ArrowRight", "ArrowDown");
    await has(".vt-sweep-readout h4", /^layer 1$/);
    await says("effect", shortNumber(effects.effects.data[1] ?? Number.NaN));
  }));
