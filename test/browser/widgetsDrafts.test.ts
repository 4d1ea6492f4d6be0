import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { type Generation, loadModel, type Model } from "../../engine/index.node.ts";
import { drafts } from "../../widgets/index.ts";
import { percent, shortNumber } from "../../widgets/render/formatNumber.ts";
import { visibleToken } from "../../widgets/render/visibleToken.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let model: Model;
let generation: Generation;
let browser: Browser;
let page: WidgetPage;

async function generated(prompt: string, seed: number, maxTokens = 60): Promise<Generation> {
  const speculation = { speculate: "mtp", draftTokens: 2 } as const;
  const options = { ...speculation, maxTokens, ignoreEos: true, temperature: 1, seed };
  const made = model.generate(prompt, options);
  for await (const _ of made);
  return made;
}

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  generation = await generated("The cat sat. The cat", 4);
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

async function onPage(widget: ReturnType<typeof drafts>, body: () => Promise<void>): Promise<void> {
  page = await WidgetPage.open(browser);
  try {
    await page.show(widget);
    await body();
    assert.deepEqual(page.problems, []);
  } finally {
    await page.close();
  }
}

const { press, at, has, hasCount } = hands(() => page.page);

test("every token says what became of its draft, with the engine's probabilities", () =>
  onPage(drafts(generation), async () => {
    const tokens = generation.run.tokens.filter(({ phase }) => phase === "generated");
    await at(".vt-steps").focus();
    for (const { index, text, draft } of tokens.slice(0, 24)) {
      await press("ArrowRight");
      await has(".vt-drafts-readout h4", `${visibleToken(text)} (${index})`);
      const says = at(".vt-drafts-readout dd");
      const [verdict = "", place, , module, own] = await says.allTextContents();
      assert.ok(draft && verdict.startsWith(draft.verdict), verdict);
      assert.equal(place, String(draft.position + 1));
      const wanted = (p: number | null): string =>
        p === null ? "none" : `${shortNumber(p)} (${percent(p)})`;
      assert.equal(module, wanted(draft.draftProbability));
      assert.equal(own, wanted(draft.modelProbability));
    }
    const counted = (verdict: string): Promise<number> =>
      at(`.vt-steps .vt-drafted.vt-${verdict}`).count();
    for (const verdict of ["accepted", "rejected", "bonus", "plain"])
      assert.equal(
        await counted(verdict),
        tokens.filter(({ draft }) => draft?.verdict === verdict).length,
        verdict,
      );
    const nSteps = tokens.filter(({ draft }) => draft?.position === 0).length;
    await hasCount(".vt-step", nSteps);
    await at(".vt-actions").getByRole("button", { name: "Table" }).click();
    const row = at(".vt-table tbody tr").nth(5).locator("td");
    const sixth = tokens[5]?.draft;
    await untilEqual(
      async () => (await row.allTextContents()).slice(5),
      [sixth?.draftProbability, sixth?.modelProbability].map((p) => (p === null ? "—" : String(p))),
    );
  }));

test("dots lie at the probabilities, and the keys go from draft to draft in the text too", () =>
  onPage(drafts(generation), async () => {
    const drafted = generation.run.tokens.filter(({ draft }) => draft && draft.draftId !== null);
    const accepted = drafted.filter(({ draft }) => draft?.verdict === "accepted");
    const dots = at(".vt-drafts-charts circle.blue0");
    await dots.first().waitFor();
    assert.equal(await dots.count(), accepted.length);
    const chart = at(".vt-drafts-charts .vt-chart").first();
    const marks = chart.locator("text.m");
    const place = async (text: string, anchor: "c" | "e", name: "x" | "y"): Promise<number> =>
      Number(
        await marks
          .and(at(`.${anchor}`))
          .filter({ hasText: new RegExp(`^${text}$`) })
          .first()
          .getAttribute(name),
      );
    const [x0, x1] = [await place("0", "c", "x"), await place("1", "c", "x")];
    const [y0, y1] = [(await place("0", "e", "y")) - 4, (await place("1", "e", "y")) - 4];
    for (const [i, { draft }] of accepted.slice(0, 8).entries()) {
      const [cx, cy] = await Promise.all(
        ["cx", "cy"].map((name) => dots.nth(i).getAttribute(name)),
      );
      assert.ok(Math.abs(Number(cx) - (x0 + (x1 - x0) * (draft?.draftProbability ?? 0))) < 0.05);
      assert.ok(Math.abs(Number(cy) - (y0 + (y1 - y0) * (draft?.modelProbability ?? 0))) < 0.05);
    }
    await chart.focus();
    await press("ArrowRight", "ArrowRight");
    await has(".vt-drafts-readout h4", `(${drafted[1]?.index})`);
    await press("Enter");
    await at(".vt-steps .vt-place.vt-pinned").waitFor();
    await press("Escape");
    await has(".vt-drafts-readout h4", "No token chosen");
  }));

test("acceptance is counted by place and by label, and times are the measured ones or none", async () => {
  const code = [await generated("def f(x):", 1), await generated("for i in", 2)];
  await onPage(drafts(generation, { domains: { code } }), async () => {
    await at(".vt-drafts-charts .vt-button").click();
    await at(".vt-drafts-charts tbody tr").first().waitFor();
    const rows = await at(".vt-drafts-charts tbody tr").allTextContents();
    const { acceptance } = generation;
    const sum = (of: (each: Generation) => number): number =>
      code.reduce((n, each) => n + of(each), 0);
    assert.equal(
      rows[0],
      `this generationall${acceptance.judged}${acceptance.accepted}${acceptance.rate}`,
    );
    const [first] = acceptance.byPosition;
    assert.equal(
      rows[1],
      `this generationdraft 1 of a step${first?.judged}${first?.accepted}${first?.rate}`,
    );
    const [judged, accepted] = [sum((g) => g.acceptance.judged), sum((g) => g.acceptance.accepted)];
    assert.ok(rows.includes(`codeall${judged}${accepted}${accepted / judged}`), rows.join("\n"));
    await has(".vt-drafts-time p", "unavailable");
    await has(".vt-drafts-time p", "speculationWorth");
    assert.equal(await at(".vt-drafts-time rect").count(), 0, "no time is drawn");
  });
  const options = { rounds: 1, maxTokens: 12, ignoreEos: true };
  const worth = await model.speculationWorth("The cat sat.", options);
  await onPage(drafts(generation, { worth }), async () => {
    const gain = Number(worth.gain.median.toPrecision(3)).toString();
    await has(".vt-drafts-time p", `${gain} times as fast as plain decoding`);
    const bars = at(".vt-drafts-time rect");
    const widths = await Promise.all([0, 1].map((i) => bars.nth(i).getAttribute("width")));
    const { plain, speculative } = worth;
    const ratio = speculative.msPerToken.median / plain.msPerToken.median;
    assert.ok(Math.abs(Number(widths[1]) / Number(widths[0]) / ratio - 1) < 0.01);
  });
});

test("turning pages with the keyboard keeps the focus on the buttons, of the text and of the table", async () => {
  const long = await generated("Once upon a time", 5, 250);
  await onPage(drafts(long), async () => {
    await at(".vt-actions").getByRole("button", { name: "Table" }).click();
    const focused = page.page.locator(".vt-pager button:focus");
    const table = page.page.locator(".vt-table-host .vt-pager");
    await table.getByRole("button", { name: "Next ›" }).focus();
    await press("Enter");
    await has(".vt-table-host .vt-pager", "rows 101 to 200 of 250");
    assert.equal(await focused.textContent(), "Next ›");
    await press("Enter");
    await has(".vt-table-host .vt-pager", "rows 201 to 250 of 250");
    assert.equal(await focused.textContent(), "‹ Previous"); // there is no next one
    await press("Enter", "Enter");
    await has(".vt-table-host .vt-pager", "rows 1 to 100 of 250");
    assert.equal(await focused.textContent(), "Next ›");
  });
});

test("a long generation comes in pages, and one without drafts is refused in a sentence", async () => {
  const long = await generated("Once upon a time", 5, 450);
  await onPage(drafts(long), async () => {
    await has(".vt-pager", "generated tokens 1 to 400 of 450");
    await at(".vt-steps").focus();
    await press("End");
    await has(".vt-pager", "generated tokens 401 to 450 of 450");
    await at(".vt-steps .vt-place.vt-lit").waitFor();
  });
  const run = await model.run("The cat");
  await onPage(drafts(run), () => has(".vt-body", 'model.generate(prompt, { speculate: "mtp" })'));
});
