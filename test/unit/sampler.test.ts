import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { generationDefaults } from "../../engine/generate/generationDefaults.ts";
import { Pcg32 } from "../../engine/generate/pcg32.ts";
import { Sampler } from "../../engine/generate/sampler.ts";

test("PCG32 gives the words of the C reference implementation", () => {
  const words: [number, number[]][] = [
    [0, [3469696627, 1581262666, 1615719374, 3412491734, 488723233, 2990053779]],
    [7, [1779599626, 1923228432, 2119517691, 3909602099, 780807182, 3801790852]],
    [42, [3718933621, 842511388, 3765488214, 3246029177, 2950027502, 1487753910]],
    [
      Number.MAX_SAFE_INTEGER,
      [3880283804, 2603833738, 2648788035, 979544331, 1335920989, 636882107],
    ],
  ];
  for (const [seed, expected] of words) {
    const random = new Pcg32(seed);
    assert.deepEqual(
      expected.map(() => random.nextUint32()),
      expected,
    );
  }
});

test("the default is greedy and the lower id wins a tie", () => {
  assert.equal(new Sampler().sample([1, 3, 2, 3]).id, 1);
});

test("log-probability and entropy are those of the full softmax of the raw logits", () => {
  const logits = [Math.log(0.5), Math.log(0.25), Math.log(0.25), Number.NEGATIVE_INFINITY].map(
    (x) => x + 7,
  );
  for (const options of [
    {},
    { temperature: 0.1 },
    { temperature: 3, topK: 1 },
    { temperature: 1, topP: 0.1 },
  ]) {
    const { id, logprob, entropyBits } = new Sampler(options).sample(logits);
    assert.equal(id, 0);
    assert.ok(Math.abs(logprob - Math.log(0.5)) < 1e-12);
    assert.ok(Math.abs(entropyBits - 1.5) < 1e-12);
  }
});

test("one possible token has log-probability 0 and entropy 0", () => {
  const sample = new Sampler({ temperature: 1 }).sample([Number.NEGATIVE_INFINITY, 5]);
  assert.deepEqual(sample, { id: 1, logprob: 0, entropyBits: 0 });
});

test("logits of any size neither overflow nor vanish", () => {
  for (const logits of [
    [1e30, -1e30],
    [1e308, -1e308],
    [-1e308, Number.NEGATIVE_INFINITY],
  ])
    for (const temperature of [0, 1e-300, 1, 1e300]) {
      const { id, logprob } = new Sampler({ temperature, topP: 0.5 }).sample(logits);
      assert.equal(id, 0);
      assert.equal(logprob, 0);
    }
});

test("options out of range are refused by name", () => {
  const wrong: [string, object][] = [
    ["temperature", { temperature: -1 }],
    ["temperature", { temperature: Number.NaN }],
    ["temperature", { temperature: Number.POSITIVE_INFINITY }],
    ["topK", { topK: -1 }],
    ["topK", { topK: 1.5 }],
    ["topP", { topP: 0 }],
    ["topP", { topP: 1.01 }],
    ["topP", { topP: Number.NaN }],
    ["minP", { minP: -0.1 }],
    ["minP", { minP: 1.1 }],
    ["repetitionPenalty", { repetitionPenalty: 0 }],
    ["repetitionPenalty", { repetitionPenalty: Number.POSITIVE_INFINITY }],
    ["logitBias", { logitBias: { [-1]: 1 } }],
    ["logitBias", { logitBias: { 1.5: 1 } }],
    ["logitBias", { logitBias: { 1: Number.NaN } }],
    ["logitBias", { logitBias: { 1: Number.POSITIVE_INFINITY } }],
    ["topH", { topH: 1.1 }],
    ["typicalP", { typicalP: 0 }],
    ["epsilonCutoff", { epsilonCutoff: 1 }],
    ["etaCutoff", { etaCutoff: 1 }],
    ["presencePenalty", { presencePenalty: Number.NaN }],
    ["frequencyPenalty", { frequencyPenalty: "1" }],
    ["noRepeatNgramSize", { noRepeatNgramSize: -1 }],
    ["sequenceBias", { sequenceBias: [[[], 1]] }],
    ["badWordsIds", { badWordsIds: [4] }],
    ["suppressTokens", { suppressTokens: 4 }],
    ["beginSuppressTokens", { beginSuppressTokens: ["a"] }],
    ["minTokens", { minTokens: 0.5 }],
    ["forcedBosId", { forcedBosId: -1 }],
    ["forcedEosIds", { forcedEosIds: 4 }],
    ["seed", { seed: -1 }],
    ["seed", { seed: 0.5 }],
    ["seed", { seed: 2 ** 53 }],
  ];
  for (const [name, options] of wrong)
    assert.throws(() => new Sampler(options), {
      name: "InputError",
      code: "ERR_SAMPLING",
      message: new RegExp(`^sampling ${name}: expected .+, got .+\\. .+\\.$`),
    });
});

test("logits that are no numbers, or forbid everything, are refused", () => {
  for (const logits of [
    [0, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
    [],
    [Number.NEGATIVE_INFINITY],
  ])
    assert.throws(() => new Sampler().sample(logits), { name: "InputError", code: "ERR_LOGITS" });
});

test("a bias forbids and forces tokens, greedy or not", () => {
  for (const temperature of [0, 1]) {
    const logits = [5, 4, 3];
    const forbids = { 0: Number.NEGATIVE_INFINITY, 1: Number.NEGATIVE_INFINITY };
    assert.equal(new Sampler({ temperature, logitBias: forbids }).sample(logits).id, 2);
    assert.equal(new Sampler({ temperature, logitBias: { 1: 1000 } }).sample(logits).id, 1);
    assert.deepEqual(logits, [5, 4, 3]);
  }
  assert.throws(() => new Sampler({ logitBias: { 3: 1 } }).sample([1, 2, 3]), {
    name: "InputError",
    code: "ERR_SAMPLING",
    message: /token ids below 3, got 3/,
  });
});

test("the repetition penalty makes what was there less likely, whatever the logit's sign", () => {
  const sampler = new Sampler({ repetitionPenalty: 2 });
  assert.equal(sampler.sample([5, 4, -9]).id, 0);
  sampler.observe([0]);
  assert.equal(sampler.sample([5, 4, -9]).id, 1);
  assert.equal(sampler.sample([-1, -1.5, -9]).id, 1);
  sampler.observe([0, 0, 0]); // seen often counts once
  assert.equal(sampler.sample([5, 2.4, -9]).id, 0);
});

test("defaults come from generation_config.json and penalise or cut nothing that it leaves out", () => {
  const defaults = (fields: JsonObject) => {
    const { maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed } =
      generationDefaults({ name: "generation_config.json", fields }, 0);
    return { maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed };
  };
  const file = { do_sample: true, temperature: 0.6, top_p: 0.95, top_k: 20, min_p: 0.1 };
  const neutral = { maxTokens: 256, temperature: 0, topK: 0, topP: 1, minP: 0, seed: 0 };
  assert.deepEqual(defaults({}), { ...neutral, repetitionPenalty: 1 });
  assert.deepEqual(defaults({ ...file, do_sample: false, repetition_penalty: 1.05 }), {
    ...neutral,
    repetitionPenalty: 1.05,
  });
  assert.deepEqual(defaults({ ...file, max_new_tokens: 99 }), {
    maxTokens: 99,
    temperature: 0.6,
    topK: 20,
    topP: 0.95,
    minP: 0.1,
    repetitionPenalty: 1,
    seed: 0,
  });
});
