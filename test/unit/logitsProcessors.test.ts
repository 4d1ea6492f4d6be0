import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { generationDefaults } from "../../engine/generate/generationDefaults.ts";
import { Sampler } from "../../engine/generate/sampler.ts";

interface Row {
  readonly fields: JsonObject;
  readonly prompt: number[];
  readonly generated: number[];
  readonly logits: number[];
  readonly scores: (number | null)[];
  readonly probabilities: number[];
}

const fixture = new URL("../fixtures/generation/processors.json", import.meta.url);
const rows: Row[] = JSON.parse(readFileSync(fixture, "utf8"));
const EOS = [1, 5];

/** As `model.generate` makes it. */
function samplerOf(fields: JsonObject, prompt: readonly number[]): Sampler {
  const config = { name: "generation_config.json", fields };
  const { maxTokens, ...sampling } = generationDefaults(config, prompt.length);
  return new Sampler(sampling, { promptIds: prompt, eosIds: EOS, maxTokens });
}

for (const fields of new Set(rows.map((row) => JSON.stringify(row.fields))))
  test(`scores and probabilities are those of transformers: ${fields}`, () => {
    const same = rows.filter((row) => JSON.stringify(row.fields) === fields);
    assert.ok(same.length > 1);
    for (const { fields, prompt, generated, logits, scores, probabilities } of same) {
      const greedy = samplerOf(fields, prompt);
      greedy.observe(generated);
      const processed = greedy.process(logits);
      for (const [id, score] of scores.entries())
        if (score === null) assert.equal(processed[id], Number.NEGATIVE_INFINITY, `${id}`);
        else assert.ok(Math.abs((processed[id] as number) - score) < 1e-5, `${id}`);

      const sampled = samplerOf({ ...fields, do_sample: true }, prompt);
      sampled.observe(generated);
      const distribution = sampled.distribution(logits);
      for (const [id, probability] of probabilities.entries()) {
        assert.ok(Math.abs((distribution[id] as number) - probability) < 1e-6, `${id}`);
        assert.equal(distribution[id] === 0, probability === 0, `${id}`);
      }
    }
  });

const processed = (sampler: Sampler) => Array.from(sampler.process([1, 1, 1, 1]));

test("penalties of occurrences count what was generated, once or every time", () => {
  const sampler = new Sampler(
    { presencePenalty: 0.5, frequencyPenalty: 0.25 },
    { promptIds: [0, 1], eosIds: [], maxTokens: 9 },
  );
  assert.deepEqual(processed(sampler), [1, 1, 1, 1]);
  sampler.observe([1, 3, 3]);
  assert.deepEqual(processed(sampler), [1, 0.25, 1, 0]);
  sampler.forget(2);
  assert.deepEqual(processed(sampler), [1, 0.25, 1, 1]);
});

test("an id beyond the vocabulary is refused where it would be biased or forced, and is never generated anyway", () => {
  for (const options of [
    { logitBias: { 4: 1 } },
    { sequenceBias: [[[1, 4], 1]] as const },
    { badWordsIds: [[4]] },
    { forcedBosId: 4 },
    { forcedEosIds: [1, 4] },
  ])
    assert.throws(
      () =>
        new Sampler(options, { promptIds: [0], eosIds: [], maxTokens: 1 }).process([1, 2, 3, 4]),
      {
        code: "ERR_SAMPLING",
        message: new RegExp(
          `^sampling ${Object.keys(options)[0]}: expected token ids below 4, got 4`,
        ),
      },
    );
  assert.equal(new Sampler({ suppressTokens: [4, 3] }).sample([1, 2, 3, 4]).id, 2);
});

test("logits that nothing is left of are refused", () => {
  assert.throws(() => new Sampler({ suppressTokens: [0, 1] }).sample([1, 2]), {
    code: "ERR_LOGITS",
  });
});

test("draws keep to what the cut-offs leave", () => {
  const logits = [3, 2.5, 2, 1, 0, -1];
  for (const options of [
    { topH: 0.4 },
    { typicalP: 0.3 },
    { epsilonCutoff: 0.2 },
    { etaCutoff: 0.5 },
    { noRepeatNgramSize: 1 },
  ]) {
    const sampler = new Sampler(
      { temperature: 1, seed: 3, ...options },
      { promptIds: [1], eosIds: [], maxTokens: 99 },
    );
    assert.equal(sampler.takesRankedRows, false, JSON.stringify(options));
    const allowed = sampler.distribution(logits);
    assert.ok(allowed.some((probability) => probability === 0));
    const drawn = new Set(Array.from({ length: 200 }, () => sampler.sample(logits).id));
    assert.deepEqual(
      [...drawn].sort(),
      [...allowed.keys()].filter((id) => allowed[id] !== 0),
    );
  }
});
