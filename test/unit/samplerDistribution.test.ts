import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pcg32 } from "../../engine/generate/pcg32.ts";
import { Sampler } from "../../engine/generate/sampler.ts";

/** Probabilities 0.1, 0.4, 0.2, 0, 0.3 at temperature 1. */
const logits = [0.1, 0.4, 0.2, 0, 0.3].map((probability) => Math.log(probability) + 3);

function close(got: Float64Array, expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [id, value] of got.entries())
    assert.ok(Math.abs(value - expected[id]!) < 1e-12, `${id}: ${value}, not ${expected[id]}`);
}

describe("the distribution that a sampler draws from", () => {
  test("is certain of the likeliest token at temperature 0", () => {
    assert.deepEqual([...new Sampler().distribution(logits)], [0, 1, 0, 0, 0]);
    assert.deepEqual([...new Sampler({ topK: 3, topP: 0.1 }).distribution([1, 1])], [1, 0]);
  });

  test("is the softmax at the temperature where nothing is cut off", () => {
    close(new Sampler({ temperature: 1 }).distribution(logits), [0.1, 0.4, 0.2, 0, 0.3]);
    const halves = [0.01, 0.16, 0.04, 0, 0.09].map((square) => square / 0.3);
    close(new Sampler({ temperature: 0.5 }).distribution(logits), halves);
  });

  test("holds what each cut-off leaves, and that adds up to 1", () => {
    const cut = (options: object) =>
      new Sampler({ temperature: 1, ...options }).distribution(logits);
    close(cut({ topK: 2 }), [0, 0.4 / 0.7, 0, 0, 0.3 / 0.7]);
    close(cut({ topP: 0.6 }), [0, 0.4 / 0.7, 0, 0, 0.3 / 0.7]);
    close(cut({ minP: 0.45 }), [0, 0.4 / 0.9, 0.2 / 0.9, 0, 0.3 / 0.9]);
    close(cut({ topK: 3, minP: 0.7 }), [0, 0.4 / 0.7, 0, 0, 0.3 / 0.7]);
    close(cut({ topK: 1, topP: 0.99 }), [0, 1, 0, 0, 0]);
  });

  test("follows the bias and the penalty", () => {
    const biased = new Sampler({ temperature: 1, logitBias: { 1: Number.NEGATIVE_INFINITY } });
    close(biased.distribution(logits), [0.1 / 0.6, 0, 0.2 / 0.6, 0, 0.3 / 0.6]);
    const penalised = new Sampler({ repetitionPenalty: 2 });
    penalised.observe([1]);
    assert.deepEqual([...penalised.distribution(logits)], [0, 0, 0, 0, 1]);
  });
});

test("a sampler says what it was made with, and its random numbers are those of its seed", () => {
  const options = {
    temperature: 0.7,
    topK: 5,
    topP: 0.9,
    minP: 0.01,
    repetitionPenalty: 1.2,
    seed: 42,
  };
  const sampler = new Sampler(options);
  const { temperature, topK, topP, minP, repetitionPenalty, seed } = sampler.sampling;
  assert.deepEqual({ temperature, topK, topP, minP, repetitionPenalty, seed }, options);
  const random = new Pcg32(42);
  for (let i = 0; i < 3; i++) assert.equal(sampler.uniform(), random.nextFloat());
});

test("a token that was chosen otherwise is described by the softmax of the raw logits", () => {
  const sampler = new Sampler({ temperature: 3, topK: 1 });
  const entropyBits = -[0.1, 0.4, 0.2, 0.3].reduce((sum, p) => sum + p * Math.log2(p), 0);
  const { id, logprob, entropyBits: got } = sampler.describe(logits, 2);
  assert.equal(id, 2);
  assert.ok(Math.abs(logprob - Math.log(0.2)) < 1e-12);
  assert.ok(Math.abs(got - entropyBits) < 1e-12);
});

test("ranked rows are taken unless a penalty or a bias changes logits first", () => {
  assert.equal(new Sampler({ temperature: 1 }).takesRankedRows, true);
  assert.equal(new Sampler({ repetitionPenalty: 1.1 }).takesRankedRows, false);
  assert.equal(new Sampler({ logitBias: { 3: 1 } }).takesRankedRows, false);
  assert.equal(new Sampler({ suppressTokens: [3] }).takesRankedRows, false);
});
