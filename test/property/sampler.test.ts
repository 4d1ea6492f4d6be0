import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { likeliest } from "../../engine/generate/likeliest.ts";
import { Sampler } from "../../engine/generate/sampler.ts";
import { truncate } from "../../engine/generate/truncate.ts";

const logit = fc.oneof(
  fc.double({ min: -30, max: 30, noNaN: true }),
  fc.integer({ min: -2, max: 2 }), // ties
  fc.constant(Number.NEGATIVE_INFINITY),
);
const logitsRow = fc
  .array(logit, { minLength: 1, maxLength: 40 })
  .filter((row) => row.some(Number.isFinite));
const seed = fc.integer({ min: 0, max: 1_000_000 });

function softmax(logits: readonly number[], temperature: number): number[] {
  const max = Math.max(...logits);
  const weights = logits.map((value) => Math.exp((value - max) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** The definition, by sorting everything: top-k, then the smallest head with p of what is left. */
function keptByDefinition(weights: readonly number[], topK: number, topP: number): number[] {
  const ranking = [...weights.keys()]
    .filter((id) => (weights[id] ?? 0) > 0)
    .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  const head = topK === 0 ? ranking : ranking.slice(0, topK);
  const total = head.reduce((sum, id) => sum + (weights[id] ?? 0), 0);
  const kept: number[] = [];
  let share = 0;
  for (const id of head) {
    if (share >= topP * total) break;
    kept.push(id);
    share += weights[id] ?? 0;
  }
  return kept;
}

test("the ranking is a sort by weight with the lower id first among equals", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), (weights) => {
      const expected = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b);
      assert.deepEqual([...likeliest(weights)], expected);
    }),
  );
});

test("top-k and top-p keep what their definition keeps", () => {
  // Weights are integers and p is n/64, so that the sums are exact and the border cases are met.
  const weights = fc
    .array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 30 })
    .filter((w) => w.some((x) => x > 0));
  fc.assert(
    fc.property(weights, fc.nat(35), fc.integer({ min: 1, max: 64 }), (row, topK, share) => {
      const kept = truncate(row, Float64Array.from(row), topK, share / 64);
      assert.deepEqual(kept.ids, keptByDefinition(row, topK, share / 64));
      assert.equal(
        kept.totalWeight,
        kept.ids.reduce((sum, id) => sum + row[id]!, 0),
      );
    }),
    { numRuns: 500 },
  );
});

test("a sampled token is one that top-k and top-p keep, and never a forbidden one", () => {
  fc.assert(
    fc.property(
      logitsRow,
      seed,
      fc.double({ min: 0.05, max: 5, noNaN: true }),
      fc.nat(10),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      (logits, theSeed, temperature, topK, topP) => {
        const { id } = new Sampler({ temperature, topK, topP, seed: theSeed }).sample(logits);
        const max = Math.max(...logits);
        const weights = Float64Array.from(logits, (value) => Math.exp((value - max) / temperature));
        assert.ok(truncate(logits, weights, topK, topP).ids.includes(id));
        assert.ok(Number.isFinite(logits[id]!));
      },
    ),
    { numRuns: 500 },
  );
});

test("top-k 1, and a vanishing top-p, are greedy whatever the temperature", () => {
  fc.assert(
    fc.property(logitsRow, seed, (logits, theSeed) => {
      const greedy = new Sampler().sample(logits);
      assert.deepEqual(
        new Sampler({ temperature: 2, topK: 1, seed: theSeed }).sample(logits),
        greedy,
      );
      assert.deepEqual(
        new Sampler({ temperature: 2, topP: 1e-12, seed: theSeed }).sample(logits),
        greedy,
      );
    }),
  );
});

test("the same seed gives the same tokens, and a cut-off that cuts nothing changes none", () => {
  fc.assert(
    fc.property(logitsRow, seed, (logits, theSeed) => {
      const draw = (options: object): number[] => {
        const sampler = new Sampler({ temperature: 0.9, seed: theSeed, ...options });
        return Array.from({ length: 12 }, () => sampler.sample(logits).id);
      };
      assert.deepEqual(draw({}), draw({}));
      assert.deepEqual(draw({ topK: 1000 }), draw({}));
    }),
  );
});

test("log-probability and entropy agree with the softmax", () => {
  fc.assert(
    fc.property(logitsRow, seed, (logits, theSeed) => {
      const { id, logprob, entropyBits } = new Sampler({ temperature: 1, seed: theSeed }).sample(
        logits,
      );
      const p = softmax(logits, 1);
      assert.ok(Math.abs(Math.exp(logprob) - p[id]!) < 1e-12);
      const entropy = p.reduce((sum, q) => (q > 0 ? sum - q * Math.log2(q) : sum), 0);
      assert.ok(Math.abs(entropyBits - entropy) < 1e-9);
    }),
  );
});

/** Critical values of chi-square at 1e-4 for 1 to 7 degrees of freedom. The seeds are fixed, so this never flickers. */
const CHI_SQUARE = [15.14, 18.42, 21.11, 23.51, 25.74, 27.86, 29.88];

const settings = [
  { temperature: 1 },
  { temperature: 0.5 },
  { temperature: 2 },
  { temperature: 1, topK: 3 },
  { temperature: 1, topP: 0.8 },
  { temperature: 1.5, topK: 5, topP: 0.9 },
];
for (const setting of settings)
  test(`frequencies follow the probabilities: ${JSON.stringify(setting)}`, () => {
    const logits = [1.2, -0.3, 0.7, 0.7, -1.5, 2, 0, -2];
    const draws = 40_000;
    const p = softmax(logits, setting.temperature);
    const kept = keptByDefinition(p, setting.topK ?? 0, setting.topP ?? 1);
    const total = kept.reduce((sum, id) => sum + p[id]!, 0);
    for (const theSeed of [1, 2, 3]) {
      const sampler = new Sampler({ ...setting, seed: theSeed });
      const counts = new Array<number>(logits.length).fill(0);
      for (let i = 0; i < draws; i++) counts[sampler.sample(logits).id]! += 1;
      let statistic = 0;
      for (const id of kept) {
        const expected = (draws * p[id]!) / total;
        statistic += (counts[id]! - expected) ** 2 / expected;
      }
      assert.equal(
        kept.reduce((sum, id) => sum + counts[id]!, 0),
        draws,
      );
      assert.ok(
        statistic < CHI_SQUARE[kept.length - 2]!,
        `chi-square ${statistic} of ${kept.length} tokens`,
      );
    }
  });
