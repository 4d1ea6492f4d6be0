import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Progress } from "../../engine/base/progress.ts";
import type { GenerateOptions } from "../../engine/generate/generateOptions.ts";
import type { Generation } from "../../engine/generate/generation.ts";
import { speculationWorth } from "../../engine/generate/speculationWorth.ts";
import { fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const PROMPT = "The cat sat. The cat";

async function ended(generation: Generation): Promise<Generation> {
  for await (const { id } of generation) assert.ok(id >= 0);
  return generation;
}

describe("what speculation is worth", () => {
  for (const backendName of ["reference", "cpu", "webgpu"] as const)
    it(`is told by both ways in one call, whose texts are the same: ${backendName}`, async () => {
      const { model, backend } = await openModel(backendName, tinyFolder);
      const before = { ...backend.memory };
      const options = { maxTokens: 24, ignoreEos: true, draftTokens: 2 };
      const heard: Progress[] = [];
      const worth = await model.speculationWorth(PROMPT, {
        ...{ ...options, rounds: 2 },
        onProgress: (progress) => void heard.push(progress),
      });
      const { plain, speculative, acceptance, gain, verdict } = worth;
      assert.deepEqual([worth.rounds, worth.draftTokens, worth.sameTokens], [2, 2, true]);
      assert.deepEqual(
        heard.map(({ stage, done }) => [stage, done]),
        [
          ["compare", 1],
          ["compare", 2],
        ],
      );
      assert.deepEqual([plain.tokens, speculative.tokens], [24, 24]);
      assert.equal(plain.tokensPerStep, 1);
      assert.equal(speculative.tokensPerStep, acceptance.tokensPerStep);
      for (const { least, median, most } of [plain.msPerToken, speculative.msPerToken, gain])
        assert.ok(least > 0 && least <= median && median <= most);
      assert.equal(verdict, gain.least > 1 ? "gain" : gain.most < 1 ? "loss" : "unclear");

      // The same generations, one by one, have the same drafts and the same costs.
      const same = { ...options, temperature: 0 };
      const drafted = await ended(model.generate(PROMPT, { ...same, speculate: "mtp" }));
      assert.deepEqual(drafted.acceptance, acceptance);
      const alone = await ended(model.generate(PROMPT, same));
      for (const [way, { run }] of [
        [plain, alone],
        [speculative, drafted],
      ] as const) {
        const decoded = run.cost().tokens.filter(({ phase }) => phase === "decode");
        assert.equal(decoded.length, 24);
        const flops = decoded.reduce((sum, token) => sum + token.flops, 0);
        assert.ok(Math.abs(way.flopsPerToken - flops / 24) <= 1e-9 * flops);
        run.dispose();
      }
      // Drafting adds arithmetic, all of it; steps that take several tokens read weights once for them.
      assert.ok(speculative.flopsPerToken > plain.flopsPerToken);
      model.freeIdle();
      assert.deepEqual({ ...backend.memory }, before);
      model.dispose();
    });

  it("counts acceptance by the place of a draft, as the tokens' own records have it", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    const options = { maxTokens: 60, ignoreEos: true, draftTokens: 3, seed: 4, temperature: 1 };
    const generation = model.generate(PROMPT, { ...options, speculate: "mtp" });
    assert.deepEqual(
      { ...generation.acceptance },
      {
        ...{ judged: 0, accepted: 0, rate: null, byPosition: [], steps: 0, tokensPerStep: null },
      },
    );
    const steps: string[][] = [];
    let open = false;
    for await (const { draft } of generation) {
      if (!open) steps.push([]);
      steps.at(-1)?.push(draft.verdict);
      // A step ends with its first token that is no accepted draft.
      open = draft.verdict === "accepted";
    }
    const { byPosition, ...all } = generation.acceptance;
    assert.equal(byPosition.length, 3);
    for (const [place, { judged, accepted, rate }] of byPosition.entries()) {
      const own = steps.flatMap((verdicts) => verdicts[place] ?? []);
      assert.equal(accepted, own.filter((verdict) => verdict === "accepted").length);
      const rejected = own.filter((verdict) => verdict === "rejected").length;
      assert.equal(judged, accepted + rejected);
      assert.equal(rate, accepted / judged);
      // What comes behind is judged only where it was accepted.
      assert.ok(judged <= (byPosition[place - 1]?.accepted ?? Number.POSITIVE_INFINITY));
    }
    const sum = (of: "judged" | "accepted") => byPosition.reduce((n, at) => n + at[of], 0);
    assert.deepEqual([all.judged, all.accepted], [sum("judged"), sum("accepted")]);
    assert.equal(all.steps, steps.length);
    assert.equal(all.tokensPerStep, 60 / steps.length);
    generation.run.dispose();
    model.dispose();
  });

  it("does not compare two samples, and says so", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    const options = { maxTokens: 6, ignoreEos: true, rounds: 1, temperature: 1, seed: 2 };
    const worth = await model.speculationWorth(PROMPT, options);
    assert.equal(worth.sameTokens, null);
    model.dispose();
  });

  it("is refused by name: no module, nothing to measure, wrong rounds, texts that differ", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    const refused = (options: object, message: RegExp, code = "ERR_OPTION") =>
      assert.rejects(model.speculationWorth(PROMPT, options), { code, message });
    await refused({ maxTokens: 1 }, /expected a text of at least 2 tokens to measure, got 1\./);
    for (const rounds of [0, 1.5, 1001, "3"])
      await refused({ rounds }, /^speculationWorth rounds: expected a whole number from 1 to 1000/);
    await refused({ speculate: "mtp" }, /got "speculate"/);
    await refused({ signal: AbortSignal.abort() }, /./, "ERR_ABORTED");
    let calls = 0;
    const other = (given: GenerateOptions) =>
      model.generate(calls++ === 0 ? [3, 4, 5] : [6, 7, 8], { ...given, ignoreEos: true });
    await assert.rejects(speculationWorth({ maxTokens: 8 }, other), {
      code: "ERR_SPECULATION_DIFFERS",
      message:
        /^speculationWorth: expected the same tokens .*, got others from token \d+ of the text/,
    });
    model.dispose();
    const { model: without } = await openModel("cpu", fixtureFolder("qwen2"));
    await assert.rejects(without.speculationWorth([3, 4], { maxTokens: 4 }), {
      code: "ERR_OPTION",
      message: /^speculate: expected a checkpoint with a module/,
    });
    without.dispose();
  });
});
