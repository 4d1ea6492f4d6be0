import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { GENERATION_CONFIG_FIELDS } from "../../engine/generate/generationConfigFields.ts";
import { generationDefaults } from "../../engine/generate/generationDefaults.ts";
import { REFUSED_GENERATION } from "../../engine/generate/refusedGeneration.ts";
import { SAMPLING_RULES } from "../../engine/generate/samplingRules.ts";

const fixture = new URL("../fixtures/generation/fields.json", import.meta.url);
const known: string[] = JSON.parse(readFileSync(fixture, "utf8"));

const defaults = (fields: JsonObject, nPrompt = 3) =>
  generationDefaults({ name: "generation_config.json", fields }, nPrompt);

const withFate = (...fates: string[]) =>
  GENERATION_CONFIG_FIELDS.filter(({ fate }) => fates.includes(fate)).map(({ name }) => name);

test("the table has every field of transformers' class once", () => {
  const names = GENERATION_CONFIG_FIELDS.map(({ name }) => name);
  assert.deepEqual([...names].sort(), [...known].sort());
  assert.equal(new Set(names).size, names.length);
  for (const { name, note } of GENERATION_CONFIG_FIELDS)
    assert.match(note, /^[A-Z0-9].+\.$/s, name);
});

/** Values that change tokens, with the option that they become; do_sample is true. */
const CHANGING: Record<string, [value: unknown, option: string, becomes?: unknown]> = {
  do_sample: [true, "temperature", 1],
  temperature: [0.4, "temperature"],
  top_k: [4, "topK"],
  top_p: [0.4, "topP"],
  min_p: [0.4, "minP"],
  top_h: [0.4, "topH"],
  typical_p: [0.4, "typicalP"],
  epsilon_cutoff: [0.4, "epsilonCutoff"],
  eta_cutoff: [0.4, "etaCutoff"],
  repetition_penalty: [1.4, "repetitionPenalty"],
  sequence_bias: [[[[4, 7], 1.5]], "sequenceBias"],
  no_repeat_ngram_size: [4, "noRepeatNgramSize"],
  bad_words_ids: [[[4], [7, 4]], "badWordsIds"],
  suppress_tokens: [[4], "suppressTokens"],
  begin_suppress_tokens: [[4], "beginSuppressTokens"],
  min_new_tokens: [4, "minTokens"],
  min_length: [7, "minTokens", 4],
  max_new_tokens: [4, "maxTokens"],
  max_length: [7, "maxTokens", 4],
  forced_bos_token_id: [4, "forcedBosId"],
  forced_eos_token_id: [4, "forcedEosIds", [4]],
  stop_strings: ["end", "stop", ["end"]],
};

test("what is carried out becomes an option, and null is as good as nothing", () => {
  const neutral = defaults({ do_sample: true });
  for (const [name, [value, option, becomes = value]] of Object.entries(CHANGING)) {
    const fields = { do_sample: true, [name]: value };
    assert.deepEqual(defaults(fields), { ...neutral, [option]: becomes }, name);
    if (name !== "do_sample")
      assert.deepEqual(defaults({ ...fields, [name]: null }), neutral, name);
  }
  const elsewhere = ["eos_token_id", "cache_implementation"]; // read with the end tokens; refused in part
  assert.deepEqual(
    withFate("carried out", "in part").sort(),
    [...Object.keys(CHANGING), ...elsewhere].sort(),
  );
});

test("what a file leaves out has the value that transformers generates with", () => {
  const leftOut = new URL("../fixtures/generation/left_out.json", import.meta.url);
  const cases: { fields: JsonObject; applied: JsonObject }[] = JSON.parse(
    readFileSync(leftOut, "utf8"),
  );
  const cuts = cases.map(({ fields }) => defaults(fields).topK);
  assert.deepEqual(cuts, [0, 0, 50, 50, 0, 7, 50]);
  for (const { fields, applied } of cases)
    for (const [name, { field, neutral, cutsOff }] of Object.entries(SAMPLING_RULES)) {
      if (field === null) continue;
      const isDrawn = name === "temperature" || cutsOff;
      const counts = applied.do_sample === true || !isDrawn;
      const expected = counts ? (applied[field] ?? neutral) : neutral;
      const made = defaults(fields)[name as keyof typeof SAMPLING_RULES];
      assert.deepEqual(made, expected, `${JSON.stringify(fields)} ${name}`);
    }
});

test("only a file that samples brings a cut-off that nobody wrote down", () => {
  const asked = (fields: JsonObject, options: object) =>
    generationDefaults({ name: "generation_config.json", fields }, 3, options).topK;
  assert.equal(asked({}, { temperature: 1 }), 0);
  assert.equal(asked({ do_sample: true }, { temperature: 0.8 }), 50);
  assert.equal(asked({ do_sample: true }, { temperature: 0 }), 0);
  assert.equal(asked({ do_sample: true }, { topK: 0 }), 0);
});

test("every field that a sampling option is read from is told of", () => {
  for (const { field } of Object.values(SAMPLING_RULES))
    if (field !== null) assert.ok(field in CHANGING, field);
});

/** Values that would change tokens, and those that change none. */
const REFUSED: Record<string, [refused: unknown, harmless: unknown]> = {
  num_beams: [4, 1],
  num_return_sequences: [2, 1],
  constraints: [[{}], null],
  force_words_ids: [[[3]], []],
  penalty_alpha: [0.6, 0],
  dola_layers: ["high", null],
  guidance_scale: [1.5, 1],
  encoder_repetition_penalty: [1.2, 1.0],
  encoder_no_repeat_ngram_size: [3, 0],
  exponential_decay_length_penalty: [[5, 1.1], null],
  token_healing: [true, false],
  watermarking_config: [{ bias: 2.5 }, null],
  max_time: [1, null],
  is_assistant: [true, false],
  assistant_ensemble_weight: [0.5, null],
  cache_implementation: ["quantized", "static"],
};

test("what cannot be done is refused by name and file, and only where it would change a token", () => {
  assert.deepEqual(Object.keys(REFUSED).sort(), Object.keys(REFUSED_GENERATION).sort());
  const told = [...withFate("refused"), "cache_implementation"];
  assert.deepEqual(told.sort(), Object.keys(REFUSED_GENERATION).sort());
  for (const [name, [refused, harmless]] of Object.entries(REFUSED)) {
    assert.throws(() => defaults({ [name]: refused }), {
      name: "ConfigError",
      code: "ERR_GENERATION_CONFIG",
      message: new RegExp(
        `^generation_config\\.json ${name}: expected .+, got .+\\. .*generationConfig: \\{\\}`,
      ),
    });
    assert.deepEqual(defaults({ [name]: harmless }), defaults({}), name);
  }
});

test("a value out of range is refused by field and file, unless the call gives its own", () => {
  const wrong: JsonObject = {
    do_sample: "yes",
    temperature: -1,
    top_k: -1,
    top_p: 0,
    min_p: 2,
    top_h: -0.1,
    typical_p: 0,
    epsilon_cutoff: 1,
    eta_cutoff: -1,
    repetition_penalty: "1.1",
    sequence_bias: { "(4,)": 1 },
    no_repeat_ngram_size: 1.5,
    bad_words_ids: [[]],
    suppress_tokens: [-1],
    begin_suppress_tokens: 4,
    min_new_tokens: -1,
    min_length: -1,
    max_new_tokens: 0,
    max_length: 3, // the prompt has as many
    forced_bos_token_id: "4",
    forced_eos_token_id: [0.5],
    stop_strings: [""],
  };
  assert.deepEqual(Object.keys(wrong).sort(), Object.keys(CHANGING).sort());
  for (const [name, value] of Object.entries(wrong))
    assert.throws(() => defaults({ do_sample: true, [name]: value }), {
      name: "InputError",
      code: "ERR_SAMPLING",
      message: new RegExp(
        `^generation_config\\.json ${name}: expected .+, got .+orrect generation_config\\.json\\.$`,
      ),
    });
  const config = {
    name: "config.json",
    fields: { do_sample: true, top_k: -1, min_length: -1, max_length: 2 },
  };
  const asked = { topK: 3, minTokens: 1, maxTokens: 9 };
  const { topK, minTokens, maxTokens } = generationDefaults(config, 3, asked);
  assert.deepEqual({ topK, minTokens, maxTokens }, asked);
});

test("cut-offs count where the call samples although the file does not, and do no harm where nothing is drawn", () => {
  const config = {
    name: "generation_config.json",
    fields: { top_k: 20, top_p: 0.9, temperature: 0.5 },
  };
  const greedy = generationDefaults(config, 1);
  assert.deepEqual([greedy.temperature, greedy.topK, greedy.topP], [0, 0, 1]);
  const sampled = generationDefaults(config, 1, { temperature: 0.8 });
  assert.deepEqual([sampled.temperature, sampled.topK, sampled.topP], [0.8, 20, 0.9]);
  assert.equal(defaults({ top_k: -1, top_p: 0 }).topK, 0);
});
