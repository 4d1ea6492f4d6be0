import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rgb } from "d3";
import type { Browser } from "playwright-core";
import { LARGE, syntheticRun } from "../../bench/synthetic/routedRun.ts";
import { experts, loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { routing } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let model: Model;
let run: Run;
let other: Run;
/** `run` with two tokens before its fourth, and without its ninth. */
let variant: Run;
let browser: Browser;
let page: WidgetPage;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  run = await model.run("The keys to the cabinet are on the table. The keys");
  other = await model.run("12 + 29 = 41, and 7 + 5 = 12");
  const ids = run.tokens.map(({ id }) => id);
  variant = await model.run([...ids.slice(0, 3), ...NEW, ...ids.slice(3, 8), ...ids.slice(9)]);
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

/** Ids that the text has nowhere. */
const NEW = [3, 4];

const onPage = (body: () => Promise<void>): Promise<void> =>
  WidgetPage.during(browser, (opened) => {
    page = opened;
    return body();
  });

const { press, has, button, at } = hands(() => page.page);

/** Opens a picture of the widget, waits for its numbers, and puts the keyboard on its map. */
async function open(selector: string, picture: string): Promise<void> {
  await at(`${selector} .vt-segments input[value=${picture}]`).check();
  await has(`${selector} .vt-cell-line`, /^((?!reading).)+$/);
  await at(`${selector} .vt-cells canvas`).focus();
}

const line = (selector: string, wanted: string): Promise<void> =>
  has(`${selector} .vt-cell-line`, wanted);

/** The colour in the middle of a map's cell, 0 to 255. */
function colourAt(selector: string, row: number, column: number): Promise<number[]> {
  return at(`${selector} .vt-cells canvas`).evaluate(
    (node, [r, c]) => {
      const canvas = node as HTMLCanvasElement;
      const [left = 0, top = 0, width = 0, height = 0] = (canvas.dataset.cells ?? "")
        .split(" ")
        .map(Number);
      const density = devicePixelRatio;
      const x = Math.floor((left + ((c ?? 0) + 0.5) * width) * density);
      const y = Math.floor((top + ((r ?? 0) + 0.5) * height) * density);
      return [...(canvas.getContext("2d")?.getImageData(x, y, 1, 1).data ?? [])].slice(0, 3);
    },
    [row, column],
  );
}

/** How dark a colour is on a light page. */
const darkness = ([r = 0, g = 0, b = 0]: number[]): number => 765 - r - g - b;

async function countsOf(each: Run): Promise<number[][]> {
  const { layers, indices, nTokens, nExperts, nExpertsPerToken: k } = await each.routing();
  return layers.map((_, row) => {
    const own = [...indices.subarray(row * nTokens * k, (row + 1) * nTokens * k)];
    return Array.from({ length: nExperts }, (_each, e) => own.filter((id) => id === e).length);
  });
}

test("the load of each expert is what the engine's routes count, in numbers and in colours", () =>
  onPage(async () => {
    const { selector } = await page.show(routing(run));
    await open(selector, "load");
    const counts = await countsOf(run);
    await press("ArrowDown");
    for (let expert = 0; expert < 3; expert++) {
      const count = counts[1]?.[expert] ?? -1;
      const times = exactF32(Math.fround(Math.fround(count / (run.tokens.length * 2)) * 16));
      await line(
        selector,
        `Expert ${expert} of layer 2: ${count} tokens, ${times} × a uniform load`,
      );
      await press("ArrowRight");
    }
    const flat = counts.flatMap((row, r) => row.map((count, c) => ({ count, r, c })));
    const ranked = flat.toSorted((a, b) => a.count - b.count);
    await page.settled();
    const none = ranked.find(({ count, r }) => count === 0 && r > 2);
    const most = ranked.at(-1);
    assert.ok(none && most && most.count > 0);
    assert.deepEqual(await colourAt(selector, none.r, none.c), [255, 255, 255]);
    const { r, g, b } = rgb("#08306b");
    const strongest = await colourAt(selector, most.r, most.c);
    for (const [i, want] of [r, g, b].entries())
      assert.ok(Math.abs((strongest[i] ?? 0) - want) <= 12, `${strongest}`);
    const middle = flat.find(({ count, r: row }) => row > 2 && count > 0 && count < most.count);
    assert.ok(middle);
    const dark = darkness(await colourAt(selector, middle.r, middle.c));
    assert.ok(dark > 0 && dark < darkness(strongest));
  }));

test("a token's path has the engine's experts, weights, margins, and what the bias changed", () =>
  onPage(async () => {
    const { selector } = await page.show(routing(run, { compare: variant }));
    await open(selector, "path");
    await at(`${selector} input[type=range]`).fill("5");
    await button("Table").click();
    const {
      layers,
      indices,
      weights,
      nTokens,
      nExperts,
      nExpertsPerToken: k,
      biasedScores,
    } = await run.routing({ biasedScores: true });
    const table = at(`${selector} .vt-table tbody tr`);
    for (const [row, layer] of layers.entries()) {
      const place = row * nTokens + 5;
      const chosen = [...indices.subarray(place * k, (place + 1) * k)];
      const scores = [
        ...(biasedScores as Float32Array).subarray(place * nExperts).slice(0, nExperts),
      ];
      const rest = scores.map((s, e) => (chosen.includes(e) ? Number.NEGATIVE_INFINITY : s));
      const next = rest.indexOf(Math.max(...rest));
      const margin = Math.min(...chosen.map((e) => scores[e] ?? 0)) - (rest[next] ?? 0);
      await table
        .nth(row)
        .filter({ hasText: exactF32(margin) })
        .waitFor();
      const shown = () => table.nth(row).locator("td").allTextContents();
      await untilEqual(
        async () => (await shown()).slice(0, 5),
        [
          String(layer),
          chosen.join(", "),
          [...weights.subarray(place * k, (place + 1) * k)].map(exactF32).join(", "),
          exactF32(margin),
          String(next),
        ],
      );
      const cells = await shown();
      const plain = (await run.get(`blocks.${layer}.mlp.hook_router_scores`)).row(5).data;
      const gained = cells[5] ?? "";
      assert.ok(gained.split(", ").every((e) => e === "" || chosen.includes(Number(e))));
      const lost = (cells[6] ?? "")
        .split(", ")
        .filter((e) => e !== "")
        .map(Number);
      assert.ok(lost.every((e) => !chosen.includes(e) && e < plain.length));
      await at(`${selector} .vt-mark-next[data-row="${row}"][data-column="${next}"]`).waitFor({
        state: "attached",
      });
    }
    const theirs = await variant.routing();
    const marked = () =>
      at(`${selector} .vt-mark-other[data-row="0"]`).evaluateAll((all) =>
        all.map((mark) => Number((mark as SVGElement).dataset.column)),
      );
    await untilEqual(marked, [...theirs.indices.subarray(7 * k, 8 * k)], "two tokens on");
    await has(`${selector} .vt-mark-key`, "the same token of the compared run (7)");
    await has(`${selector} .vt-mark-key`, "4 groups, of which the best 2 are kept");
  }));

test("two texts are compared token by token, and what one of them lacks is said", () =>
  onPage(async () => {
    const picture = routing(run, { compare: variant });
    const { selector } = await page.show(picture);
    await open(selector, "compare");
    const [own, theirs] = [await run.routing(), await variant.routing()];
    const { nTokens: T, nExpertsPerToken: k, layers } = own;
    const chosen = ({ indices, nTokens }: typeof own, row: number, token: number): number[] => [
      ...indices.subarray((row * nTokens + token) * k, (row * nTokens + token + 1) * k),
    ];
    const differ = (row: number, token: number, partner: number): number => {
      const others = chosen(theirs, row, partner);
      return chosen(own, row, token).filter((expert) => !others.includes(expert)).length;
    };
    await has(`${selector} .vt-note`, `${T - 1} tokens aligned`);
    await has(`${selector} .vt-note`, "1 in this run alone, 2 in the compared run alone");
    const experts = (list: number[]): string => list.join(", ");
    const said = (row: number, token: number, partner: number): string =>
      `(${token}), ${partner} in the compared run; layer ${layers[row]}: experts ${experts(chosen(own, row, token))} here, ${experts(chosen(theirs, row, partner))} there, ${differ(row, token, partner)} of ${k} differ`;
    await press("Home", "ArrowRight", "ArrowRight");
    await line(selector, said(0, 2, 2));
    await press("ArrowRight");
    await line(
      selector,
      `inserted: 3 of the compared run, which this run lacks; layer ${layers[0]}: experts ${experts(chosen(theirs, 0, 3))} there`,
    );
    await press("ArrowRight", "ArrowRight", "ArrowDown");
    await line(selector, said(1, 3, 5));
    await press(...Array(5).fill("ArrowRight"));
    await line(selector, `(8), removed: the compared run lacks it; layer ${layers[1]}`);
    await press("ArrowRight");
    await line(selector, said(1, 9, 10));
    await page.settled();
    const grey = await colourAt(selector, 3, 3);
    assert.deepEqual(await colourAt(selector, 3, 10), grey, "what one text lacks is grey");
    const places = Array.from({ length: 5 }, (_, i) => i + 3); // own tokens 3 to 7, two columns on
    const seen = new Map<number, number[]>();
    for (const row of [3, 4])
      for (const token of places)
        seen.set(differ(row, token, token + 2), await colourAt(selector, row, token + 2));
    assert.ok(seen.size > 1, "some experts differ, and not all do");
    const shades = [...seen].toSorted(([a], [b]) => a - b).map(([, colour]) => darkness(colour));
    assert.deepEqual(
      shades,
      shades.toSorted((a, b) => a - b),
      "the more differ, the darker",
    );
    const { columns } = await picture.table("compared");
    assert.equal(columns[0]?.values.length, layers.length * (T + 2));
    const row = (i: number) => columns.map(({ values }) => values[i]);
    assert.deepEqual(row(2), [layers[0], 2, 2, differ(0, 2, 2)]);
    assert.deepEqual(row(3), [layers[0], null, 3, null]);
    assert.deepEqual(row(10), [layers[0], 8, null, null]);
  }));

test("margins, co-activation and the bias's changes are those of the scores", () =>
  onPage(async () => {
    const { selector } = await page.show(routing(run));
    const {
      choices,
      layers,
      indices,
      nTokens,
      nExpertsPerToken: k,
    } = await run.routing({
      choices: true,
    });
    assert.ok(choices?.withoutBias);
    await open(selector, "margins");
    await press("Home", "End");
    await line(
      selector,
      `(${nTokens - 1}), layer ${layers[0]}: margin ${exactF32(choices.margins[nTokens - 1] ?? 0)}`,
    );
    await open(selector, "together");
    const sets = Array.from({ length: nTokens }, (_, t) => [
      ...indices.subarray(t * k, (t + 1) * k),
    ]);
    const [a = 0, b = 0] = (sets[3] ?? []).toSorted((x, y) => x - y);
    await press(...Array(a).fill("ArrowDown"), "Home", ...Array(b).fill("ArrowRight"));
    const both = sets.filter((set) => set.includes(a) && set.includes(b)).length;
    await line(selector, `Experts ${a} and ${b} of layer ${layers[0]}: ${both} tokens together`);
    await open(selector, "bias");
    let [gained, lost] = [0, 0];
    for (const [t, set] of sets.entries()) {
      const plain = [...choices.withoutBias.subarray(t * k, (t + 1) * k)];
      if (set.includes(1) && !plain.includes(1)) gained++;
      if (!set.includes(1) && plain.includes(1)) lost++;
    }
    await press("Home", "ArrowRight", ...Array(8).fill("ArrowUp"));
    await line(
      selector,
      `Expert 1 of layer ${layers[0]}: ${gained} tokens by the bias alone, ${lost} that`,
    );
  }));

test("an expert's tokens and texts are counted over the corpus, and two loads are compared", () =>
  onPage(async () => {
    const { selector } = await page.show(
      routing(run, { compare: other, corpus: [{ label: "sums", run: other }] }),
    );
    await open(selector, "load");
    const [own, theirs] = [await countsOf(run), await countsOf(other)];
    const busiest = (own[0] ?? []).indexOf(Math.max(...(own[0] ?? [])));
    await press("Home", ...Array(busiest).fill("ArrowRight"));
    await has(`${selector} .vt-expert h4`, `Expert ${busiest} · layer 1`);
    const domains = at(`${selector} .vt-expert table`).last().locator("tbody tr");
    await domains.nth(2).waitFor();
    const rows = () =>
      domains.evaluateAll((all) =>
        all.map((row) =>
          [...row.querySelectorAll("td")].slice(0, 3).map((td) => td.textContent ?? ""),
        ),
      );
    const of = (label: string, counts: number[][], from: Run) => [
      label,
      String(counts[0]?.[busiest]),
      String(from.tokens.length),
    ];
    await untilEqual(rows, [
      of("this run", own, run),
      of("compared run", theirs, other),
      of("sums", theirs, other),
    ]);
    await page.page.getByLabel("load of").selectOption("difference");
    const share = (counts: number[][]) =>
      ((counts[0]?.[busiest] ?? 0) / (counts[0] ?? []).reduce((x, y) => x + y)) * 100;
    await line(
      selector,
      `${share(theirs).toFixed(1)} % of the layer's routes in the compared run, ${share(own).toFixed(1)} % in this one`,
    );
  }));

for (const change of ["force", "forbid"] as const)
  test(`to ${change} an expert shows the logits of a run with that edit`, () =>
    onPage(async () => {
      const { selector } = await page.show(routing(run));
      await open(selector, "path");
      const {
        choices,
        indices,
        layers,
        nTokens,
        nExpertsPerToken: k,
      } = await run.routing({
        choices: true,
      });
      const row = 2;
      const token = 4;
      const place = row * nTokens + token;
      const expert = (change === "force" ? choices?.runnersUp[place] : indices[place * k]) ?? -1;
      await at(`${selector} input[type=range]`).fill(String(token));
      await at(`${selector} .vt-cells canvas`).focus();
      await press("Home", ...Array(row).fill("ArrowDown"), ...Array(expert).fill("ArrowRight"));
      await has(`${selector} .vt-attempts h4`, `Expert ${expert} · layer ${layers[row]}`);
      await button(change === "force" ? "Force" : "Forbid").click();
      await has(
        `${selector} .vt-attempt-done`,
        `${change === "force" ? "forced" : "forbidden"} for token ${token}`,
      );
      const edit = experts({ layer: layers[row] ?? 0, position: token });
      const edited = await model.run(
        run.tokens.map(({ id }) => id),
        { edits: [change === "force" ? edit.force([expert]) : edit.forbid([expert])] },
      );
      const [before, after] = [run.logits.data, edited.logits.data];
      const ids = [...before.keys()].toSorted((a, b) => (before[b] ?? 0) - (before[a] ?? 0));
      const cells = at(`${selector} .vt-attempt tbody tr`).first().locator("td");
      const [best = 0] = ids;
      await untilEqual(
        async () => (await cells.allTextContents()).slice(1, 3),
        [exactF32(before[best] ?? 0), exactF32(after[best] ?? 0)],
      );
      const routed = (await edited.routing()).indices.subarray(place * k, (place + 1) * k);
      await has(`${selector} .vt-attempt-done`, `has experts ${[...routed].join(", ")} there`);
      assert.equal(routed.includes(expert), change === "force");
      edited.dispose();
    }));

test("where the model is gone, or has no such expert to give, the engine's sentence is shown", () =>
  onPage(async () => {
    const short = await loadModel("tiny", { backend: "cpu" });
    const gone = await short.run("The keys");
    const { selector } = await page.show(routing(gone));
    await open(selector, "path");
    await has(`${selector} .vt-cell-line`, "margin of the layer");
    short.dispose();
    await button("Force").click();
    await has(`${selector} .vt-attempt .vt-warning`, "got one after dispose()");
  }));

test("a softmax router is said to have no bias", () =>
  onPage(async () => {
    const mixtral = await loadModel(inRepository("test/fixtures/hf-random/mixtral"), {
      backend: "cpu",
    });
    const { selector } = await page.show(routing(await mixtral.run([1, 2, 3, 4])));
    await at(`${selector} .vt-segments input[value=bias]`).check();
    await has(`${selector} .vt-refusal`, "Scores are softmax. The routers have no balancing bias");
    await at(`${selector} .vt-cells canvas`).waitFor({ state: "hidden" });
    mixtral.dispose();
  }));

test("61 layers, 256 experts and 4,096 tokens are drawn from buffers of at most 1 MB", () =>
  onPage(async () => {
    const { selector } = await page.show(routing(syntheticRun(LARGE)));
    for (const [picture, wanted] of [
      ["load", /Expert 0 of layer 0: \d+ tokens/],
      ["path", /Expert 0 of layer 0: (not )?chosen/],
      ["margins", /Tokens 0 to 3, layer 0: least margin/],
      ["together", /Experts 0 and 1 of layer 0: \d+ tokens together/],
      ["bias", /Expert 0 of layer 0: \d+ tokens by the bias alone/],
    ] as const) {
      await at(`${selector} .vt-segments input[value=${picture}]`).check();
      await has(`${selector} .vt-cell-line`, wanted);
    }
    assert.ok(page.largestBufferBytes > 2 ** 19 && page.largestBufferBytes <= 2 ** 20);
  }));
