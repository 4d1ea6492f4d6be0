import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import { Sampler } from "../../engine/generate/sampler.ts";
import type { Model } from "../../engine/index.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const PROMPT = "And God said";

describe("sampling on the device", () => {
  let model: Model;
  let backend: Backend;
  let ranked = 0;
  before(async () => {
    ({ model, backend } = await openModel("webgpu", tinyFolder));
    const rank = backend.rankLastRow?.bind(backend);
    assert.ok(rank);
    backend.rankLastRow = (...args) => {
      ranked += 1;
      return rank(...args);
    };
  });
  after(() => model.dispose());

  for (const options of [
    { temperature: 0 },
    { temperature: 1 },
    { temperature: 0.6, topP: 0.95 },
    { temperature: 0.7, topK: 20, topP: 0.8 },
    { temperature: 1.5, minP: 0.1 },
  ])
    it(`chooses what the host would from the same logits: ${JSON.stringify(options)}`, async () => {
      ranked = 0;
      const seed = 11;
      const maxTokens = 24;
      const generation = model.generate(PROMPT, {
        ...NEUTRAL,
        ...options,
        seed,
        maxTokens,
        logits: "all",
      });
      const tokens = [];
      for await (const token of generation) tokens.push(token);
      const { run } = generation;
      assert.ok(tokens.length > 1);
      assert.ok(ranked >= tokens.length - 1, "every token behind the first");
      const host = new Sampler({ ...NEUTRAL, ...options, seed });
      const rows = run.logits.data as Float32Array;
      for (const { id, index, logprob } of tokens) {
        const { nVocab } = model.spec;
        const expected = host.sample(rows.subarray((index - 1) * nVocab, index * nVocab));
        assert.equal(id, expected.id);
        assert.ok(Math.abs(logprob - expected.logprob) < 2e-6, `${logprob}, ${expected.logprob}`);
      }
      run.dispose();
    });

  it("leaves it to the host where logits change first, or a cut-off needs more than the likeliest", async () => {
    ranked = 0;
    for (const change of [
      { repetitionPenalty: 1.2 },
      { logitBias: { 5: 1 } },
      { presencePenalty: 0.5 },
      { noRepeatNgramSize: 1 },
      { suppressTokens: [5] },
      { temperature: 1, typicalP: 0.9 },
      { temperature: 1, topH: 0.5 },
    ]) {
      const generation = model.generate(PROMPT, { ...NEUTRAL, ...change, maxTokens: 6 });
      const ids = [];
      for await (const { id } of generation) ids.push(id);
      if (change.noRepeatNgramSize !== undefined) assert.equal(new Set(ids).size, ids.length);
      generation.run.dispose();
    }
    assert.equal(ranked, 0);
  });
});

const NEUTRAL = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
