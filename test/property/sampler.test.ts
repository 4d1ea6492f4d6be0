import assert from "node:assert/strict";
import { test } from "node:test";
import type { RankedRow } from "../../engine/backend/backend.ts";
import { Candidates, type CutOffs } from "../../engine/generate/candidates.ts";
import { Pcg32 } from "../../engine/generate/pcg32.ts";
import { Ranking } from "../../engine/generate/ranking.ts";
import { Sampler } from "../../engine/generate/sampler.ts";
import { expNonPositive } from "../../engine/tensor/expNonPositive.ts";
import fc from "../fixtures/fastCheck.ts";

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

/** The definition, by sorting everything: top-k, the smallest head with p of what is left, then min-p. */
function keptByDefinition(
  weights: readonly number[],
  { topK, topP, minP }: CutOffs,
  ranks: readonly number[] = weights,
): number[] {
  const ranking = [...weights.keys()]
    .filter((id) => weights[id]! > 0)
    .sort((a, b) => ranks[b]! - ranks[a]! || a - b);
  const head = topK === 0 ? ranking : ranking.slice(0, topK);
  const counted = topK === 0 ? [...weights.keys()] : head; // sums are taken in this order
  const total = counted.reduce((sum, id) => sum + weights[id]!, 0);
  const kept: number[] = [];
  let share = 0;
  for (const id of head) {
    if (topP < 1 && share >= topP * total) break;
    kept.push(id);
    share += weights[id]!;
  }
  const least = minP * Math.max(...weights);
  return kept.filter((id) => weights[id]! >= least);
}

/** Sampling the plain way: every weight is computed, every id sorted. */
function drawByDefinition(
  logits: readonly number[],
  temperature: number,
  cutOffs: CutOffs,
  uniform: number,
): number {
  const max = Math.max(...logits);
  const weights = logits.map((logit) => expNonPositive((logit - max) / temperature));
  const kept = keptByDefinition(weights, cutOffs, logits);
  const uncut = cutOffs.topK === 0 && cutOffs.topP === 1 && cutOffs.minP === 0;
  const total = (uncut ? [...weights.keys()] : kept).reduce((sum, id) => sum + weights[id]!, 0);
  let cumulative = 0;
  for (const id of kept) {
    cumulative += weights[id]!;
    if (cumulative > uniform * total) return id;
  }
  return kept.at(-1)!;
}

function ranked(ranking: Ranking, logits: readonly number[], temperature: number): number[] {
  ranking.start(logits, Math.max(...logits), temperature);
  const ids: number[] = [];
  for (let id = ranking.next(); id >= 0; id = ranking.next()) ids.push(id);
  assert.equal(ranking.next(), -1);
  return ids;
}

test("the exponential is exact at 0 and within 4e-15 elsewhere", () => {
  assert.equal(expNonPositive(0), 1);
  assert.equal(expNonPositive(Number.NEGATIVE_INFINITY), 0);
  assert.equal(expNonPositive(-1e308), 0);
  fc.assert(
    fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => {
      assert.ok(Math.abs(expNonPositive(x) / Math.exp(x) - 1) < 4e-15, `${x}`);
    }),
    { numRuns: 20_000 },
  );
  for (
    let x = -700;
    x > -746;
    x -= 0.25 // down to the last number above 0
  )
    assert.ok(Math.abs(expNonPositive(x) - Math.exp(x)) <= 4e-15 * Math.exp(x) + 5e-324, `${x}`);
});

test("the exponential never grows where its argument falls", () => {
  const falling = Array.from({ length: 200_000 }, (_, i) => expNonPositive(-i / 4096));
  assert.ok(falling.every((value, i) => i === 0 || value <= falling[i - 1]!));
});

const wideLogits = fc
  .array(
    fc.oneof(
      logit,
      fc.double({ min: -3000, max: 10, noNaN: true }),
      fc.constantFrom(-1e308, 1e308, Number.NEGATIVE_INFINITY),
    ),
    { minLength: 1, maxLength: 80 },
  )
  .filter((row) => row.some(Number.isFinite));
const anyTemperature = fc.oneof(
  fc.double({ min: 0.05, max: 5, noNaN: true }),
  fc.constantFrom(1e-300, 1, 1e300),
);

test("the ranking is a sort by logit with the lower id first among equals, however wide the logits lie", () => {
  const ranking = new Ranking(); // one for all rows: nothing of a row may be left in the next
  fc.assert(
    fc.property(wideLogits, anyTemperature, (logits, temperature) => {
      const expected = [...logits.keys()]
        .filter((id) => logits[id]! > Number.NEGATIVE_INFINITY)
        .sort((a, b) => (logits[a] === logits[b] ? a - b : logits[a]! > logits[b]! ? -1 : 1));
      assert.deepEqual(ranked(ranking, logits, temperature), expected);
    }),
    { numRuns: 1000 },
  );
});

const cutOffs = fc.record({
  topK: fc.oneof(fc.constant(0), fc.nat(50)),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 1e-9, max: 1, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
});

test("top-k, top-p and min-p keep what their definition keeps, where ties abound and shares lie on borders", () => {
  // Logits are multiples of ln 2, so that weights are about powers of two and p of n/64 lies on the borders.
  const candidates = new Candidates();
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 100 }),
      fc.nat(105),
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 0, max: 64 }),
      (exponents, topK, share, least) => {
        const logits = exponents.map((n) => n * Math.LN2);
        const max = Math.max(...logits);
        const weights = logits.map((value) => expNonPositive(value - max));
        const limits = { topK, topP: share / 64, minP: least / 64 };
        const totalWeight = () => weights.reduce((a, b) => a + b, 0);
        candidates.select({ logits, max, temperature: 1, totalWeight }, limits);
        const kept = keptByDefinition(weights, limits);
        assert.deepEqual([...candidates.ids], kept);
        assert.equal(
          candidates.totalWeight,
          kept.reduce((sum, id) => sum + weights[id]!, 0),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test("draws are those of the plain way that sorts the whole vocabulary", () => {
  fc.assert(
    fc.property(
      wideLogits,
      anyTemperature,
      cutOffs,
      seed,
      (logits, temperature, limits, theSeed) => {
        const sampler = new Sampler({ temperature, ...limits, seed: theSeed });
        const random = new Pcg32(theSeed);
        for (let i = 0; i < 8; i++)
          assert.equal(
            sampler.sample(logits).id,
            drawByDefinition(logits, temperature, limits, random.nextFloat()),
          );
      },
    ),
    { numRuns: 2000 },
  );
});

test("draws from rows of a vocabulary's size are those of the plain way", () => {
  const sizes = fc.constantFrom(3072, 5000);
  const spreads = fc.constantFrom(0.01, 1, 4, 30);
  fc.assert(
    fc.property(sizes, spreads, cutOffs, seed, (size, spread, limits, theSeed) => {
      const noise = new Pcg32(theSeed + 1);
      const logits = Array.from({ length: size }, () =>
        Math.fround((noise.nextFloat() + noise.nextFloat() + noise.nextFloat()) * spread),
      );
      const sampler = new Sampler({ temperature: 0.8, ...limits, seed: theSeed });
      const random = new Pcg32(theSeed);
      for (let i = 0; i < 2; i++)
        assert.equal(
          sampler.sample(Float32Array.from(logits)).id,
          drawByDefinition(logits, 0.8, limits, random.nextFloat()),
        );
    }),
    { numRuns: 20 },
  );
});

test("penalty and bias are what their definitions say, for greedy choice and for draws", () => {
  fc.assert(
    fc.property(
      logitsRow,
      fc.array(fc.nat(39), { maxLength: 10 }),
      fc.double({ min: 0.5, max: 2, noNaN: true }),
      fc.array(fc.tuple(fc.nat(39), fc.double({ min: -9, max: 9, noNaN: true })), { maxLength: 5 }),
      fc.constantFrom(0, 1),
      seed,
      (logits, seen, repetitionPenalty, pairs, temperature, theSeed) => {
        const bias = Object.fromEntries(pairs.filter(([id]) => id < logits.length));
        const changed = logits.map((value, id) => {
          const penalty = seen.includes(id) ? repetitionPenalty : 1;
          return (value > 0 ? value / penalty : value * penalty) + (bias[id] ?? 0);
        });
        const options = { temperature, seed: theSeed };
        const sampler = new Sampler({ ...options, repetitionPenalty, logitBias: bias });
        sampler.observe(seen);
        const { id, logprob } = sampler.sample(logits);
        assert.equal(id, new Sampler(options).sample(changed).id);
        assert.ok(Math.abs(Math.exp(logprob) - softmax(logits, 1)[id]!) < 1e-12);
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
  { temperature: 1, minP: 0.2 },
];
for (const setting of settings)
  test(`frequencies follow the probabilities: ${JSON.stringify(setting)}`, () => {
    const logits = [1.2, -0.3, 0.7, 0.7, -1.5, 2, 0, -2];
    const draws = 10_000;
    const p = softmax(logits, setting.temperature);
    const kept = keptByDefinition(p, { topK: 0, topP: 1, minP: 0, ...setting });
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

/** The head of a row and sums over it, as a device gives them, but in float64. */
function rankedHead(logits: readonly number[], most: number, temperature: number): RankedRow {
  const max = Math.max(...logits);
  const ids = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, most);
  const sum = (term: (shift: number) => number) =>
    logits.reduce((total, value) => total + (Number.isFinite(value) ? term(value - max) : 0), 0);
  return {
    ids: Int32Array.from(ids),
    logits: Float32Array.from(ids, (id) => logits[id]!),
    nVocab: logits.length,
    total: sum(Math.exp),
    weightedShift: sum((shift) => shift * Math.exp(shift)),
    totalAtTemperature: temperature === 0 ? 0 : sum((shift) => Math.exp(shift / temperature)),
  };
}

test("a row's ranked head, or the row where the head is not enough, gives the tokens that the row gives", async () => {
  let fromHead = 0;
  let fromRow = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(logitsRow, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 12 }),
      fc.record({
        temperature: fc.constantFrom(0, 0.3, 1, 2.5),
        topK: fc.constantFrom(0, 1, 3, 20),
        topP: fc.constantFrom(1, 0.9, 0.35),
        minP: fc.constantFrom(0, 0.05, 0.5),
        seed,
      }),
      async (given, most, options) => {
        const rows = given.map((row) => row.map(Math.fround));
        const [plain, ranked] = [new Sampler(options), new Sampler(options)];
        for (const row of rows) {
          const head = rankedHead(row, most, options.temperature);
          let fetched = false;
          const got = await ranked.sampleRanked(head, async () => {
            fetched = true;
            return row;
          });
          const expected = plain.sample(row);
          assert.equal(got.id, expected.id);
          assert.ok(Math.abs(got.logprob - expected.logprob) < 1e-9);
          assert.ok(Math.abs(got.entropyBits - expected.entropyBits) < 1e-9);
          if (fetched) fromRow += 1;
          else fromHead += 1;
          if (options.temperature === 0) assert.equal(fetched, false);
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(fromHead > 1000 && fromRow > 100, `${fromHead} from the head, ${fromRow} from the row`);
});

test("a row that a device refuses to rank is refused with the reason", async () => {
  const sampler = new Sampler({ temperature: 1 });
  await assert.rejects(
    sampler.sampleRanked(null, async () => [0, Number.NaN]),
    { code: "ERR_LOGITS" },
  );
});
