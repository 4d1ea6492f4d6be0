import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run } from "../../engine/index.node.ts";
import { routing, tokens } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { distributionOf } from "../../widgets/tokens/distribution.ts";
import { until, untilEqual } from "../fixtures/until.ts";
import { tinyPages } from "./tinyPages.ts";

const { onPage, press, at, has } = tinyPages({
  run: async (model) => {
    const reply = model.chat([{ role: "user", content: "7+5-3+8=?" }], { temperature: 0 });
    for await (const _ of reply);
    return reply.run;
  },
});

test("a token's numbers and its alternatives are the engine's", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(tokens(run));
    await at(`${selector} .vt-text`).focus();
    await press("End");
    const last = run.tokens.length - 1;
    const logits = await run.get("hook_logits", { token: last - 1 });
    const expected = distributionOf(logits.data, run.tokens[last]?.id ?? -1);
    const rows = at(`${selector} .vt-alternatives tbody tr`);
    await untilEqual(
      () => rows.evaluateAll((all) => all.map((row) => Number((row as HTMLElement).dataset.id))),
      expected.ids,
    );
    await untilEqual(
      () => rows.locator("td.vt-number").allTextContents(),
      expected.logprobs.map((logprob) => exactF32(Math.exp(logprob))),
    );
    const number = (label: string) =>
      at(`${selector} .vt-numbers tr`, { hasText: label }).locator("td").first();
    const logprob = run.tokens[last]?.logprob ?? Number.NaN;
    const says = (label: string, wanted: string): Promise<void> =>
      untilEqual(() => number(label).textContent(), wanted, label);
    await says("surprisal", `${exactF32(-logprob / Math.LN2)} bits`);
    await page.page.getByLabel("colour by").selectOption("rank");
    await says("rank", String(expected.rank));
    await page.page.getByLabel("colour by").selectOption("entropy");
    await says("entropy", `${exactF32(expected.entropyBits)} bits`);
    await page.page.getByLabel("colour by").selectOption("routerMargin");
    await has(`${selector} .vt-key`, "router margin (recomputed)");
    await page.page.getByLabel("colour by").selectOption("routerEntropy");
    const { entropyBits, layers, nTokens } = await run.routing();
    const sum = layers.reduce((all, _, i) => all + (entropyBits[i * nTokens + last] ?? 0), 0);
    const mean = exactF32(sum / layers.length);
    await number("router entropy")
      .filter({ hasText: `${mean} bits` })
      .waitFor();
  }));

test("the larger a token's number, the stronger its colour", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(tokens(run));
    await page.page.getByLabel("colour by").selectOption("surprisal");
    await has(`${selector} .vt-key`, "surprisal");
    await page.settled();
    const lights = await at(`${selector} [data-token]`).evaluateAll((all) =>
      all.map((chip): [token: number, light: number] => {
        const [r = 0, g = 0, b = 0] = (
          getComputedStyle(chip).backgroundColor.match(/\d+/g) ?? []
        ).map(Number);
        return [Number((chip as HTMLElement).dataset.token), 0.2126 * r + 0.7152 * g + 0.0722 * b];
      }),
    );
    const lightOf = new Map(lights);
    const ranked = run.tokens
      .slice(1) // the first stands behind no other
      .map(({ logprob, index }) => ({ surprisal: -(logprob ?? Number.NaN), index }))
      .sort((a, b) => a.surprisal - b.surprisal);
    ranked.reduce((before, token) => {
      const [weak = 0, strong = 255] = [lightOf.get(before.index), lightOf.get(token.index)];
      assert.ok(strong <= weak + 1, `token ${token.index} is lighter than ${before.index}`);
      return token;
    });
    const [least, most] = [ranked[0], ranked.at(-1)];
    assert.ok(least && most);
    assert.ok((lightOf.get(most.index) ?? 255) < (lightOf.get(least.index) ?? 0) - 60);
  }));

test("thinking is folded and counted, opens by its button, and folded tokens are skipped", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.show(tokens(run));
    const thought = run.tokens.filter(({ thinking }) => thinking);
    const block = at(`${selector} .vt-block button`);
    assert.match(
      String(await block.textContent()),
      new RegExp(`thinking · ${thought.length} tokens`),
    );
    const first = at(`${selector} .vt-t[data-token="${thought[0]?.index}"]`);
    assert.equal(await first.isVisible(), false);
    await at(`${selector} .vt-text`).focus();
    for (const _ of run.tokens) await press("ArrowRight");
    await has(`${selector} .vt-token-head`, `(${run.tokens.length - 1})`);
    await block.focus();
    await press("Enter");
    await first.waitFor();
    await untilEqual(() => block.getAttribute("aria-expanded"), "true");
  }));

test("a token pointed at or pinned is lit in the other pictures, and theirs here", () =>
  onPage(async ({ page, run }) => {
    const t = (await page.show(tokens(run))).selector;
    const r = (await page.show(routing(run))).selector;
    await at(`${t} .vt-t[data-token="3"]`).click();
    await page.page.mouse.move(1, 1);
    await has(`${r} .vt-route h4`, "(3)");
    await at(`${r} .vt-grid-rows canvas`).focus();
    await press("ArrowDown");
    await has(`${t} .vt-token-head`, "(4)");
    await at(`${t} .vt-lit[data-token="4"]`).waitFor();
    await press("Escape");
    await has(`${t} .vt-token-readout`, "Point at a token");
  }));

test("keys that come before the picture is drawn are not lost", () =>
  onPage(async ({ page, run }) => {
    const { selector } = await page.place(tokens(run));
    await at(`${selector} .vt-text`).evaluate((host) => {
      for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "Enter"])
        host.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    });
    await at(`${selector} .vt-pinned[data-token="2"]`).waitFor();
  }));

test("of many tokens a page at a time is in the document, an element each", () =>
  onPage(async ({ page, run }) => {
    const many = Array.from({ length: 9000 }, (_, index) => ({
      ...{ index, id: 5, text: index % 10 === 0 ? "\n" : ` w${index}`, special: false },
      ...{ phase: "prompt" as const, logprob: -(index % 7) },
    }));
    const wide = { ...run.record.model, nVocab: 2 ** 20 }; // too many logits to compute them again
    const long: Run = Object.create(run, {
      record: { value: { ...run.record, runId: "long", tokens: many, model: wide } },
      id: { value: "long" },
      cost: { value: () => run.cost() },
      logits: { value: run.logits },
      logitRows: { value: [] },
    });
    const { selector } = await page.show(tokens(long));
    const nodes = () => at(`${selector} .vt-text *`).count();
    assert.ok((await nodes()) <= 4096 * 1.1 + 1, "elements of tokens and line ends alone");
    await at(`${selector} .vt-text`).focus();
    await press("End");
    await has(`${selector} .vt-token-head`, "(8999)");
    await has(`${selector} .vt-pager`, "tokens 8192 to 8999 of 9000");
    await until(
      "the elements of the page before to be gone",
      async () => (await nodes()) <= 808 * 1.1 + 1,
    );
    await has(`${selector} .vt-alternatives-note`, "not kept");
    assert.ok(page.largestBufferBytes <= 2 ** 20, String(page.largestBufferBytes));
  }));

test("a run that was let go keeps its own numbers and refuses the others in a sentence", () =>
  onPage(async ({ page, model }) => {
    const gone = await model.run("The keys");
    gone.dispose();
    const { selector } = await page.show(tokens(gone));
    await at(`${selector} .vt-t[data-token="2"]`).hover();
    await has(`${selector} .vt-alternatives-note`, "got one after dispose()");
    await page.page.getByLabel("colour by").selectOption("entropy");
    await has(`${selector} .vt-key .vt-warning`, "entropy: run: expected a live run");
    await page.page.getByLabel("colour by").selectOption("flops");
    await has(`${selector} .vt-key`, "FLOPs (derived)");
  }));

test("a refusal that comes late is not said of the number that was chosen since", () =>
  onPage(async ({ page, run }) => {
    const refuse = new Map<string, (reason: Error) => void>();
    const refusing: Run = Object.create(run, {
      record: { value: run.record },
      id: { value: "refusing" },
      cost: { value: () => run.cost() },
      logits: { value: run.logits },
      logitRows: { value: [] },
      routing: {
        value: ({ biasedScores = false } = {}) =>
          new Promise((_, reject) => {
            refuse.set(biasedScores ? "margins" : "entropies", reject);
          }),
      },
    });
    const { selector } = await page.show(tokens(refusing));
    for (const measure of ["routerEntropy", "routerMargin"])
      await page.page.getByLabel("colour by").selectOption(measure);
    await until("both to be asked for", () => refuse.size === 2);
    refuse.get("margins")?.(new Error("no margins are here"));
    await has(`${selector} .vt-key .vt-warning`, "no margins are here");
    refuse.get("entropies")?.(new Error("no entropies are here"));
    await page.settled();
    await has(`${selector} .vt-key .vt-warning`, "no margins are here");
  }));
