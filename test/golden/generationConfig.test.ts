import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../engine/base/json.ts";
import { type GenerateOptions, loadModel, type Model } from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { fixtureFolder } from "./openModel.ts";

interface Generated {
  readonly fields: JsonObject;
  readonly prompt: number[];
  readonly ids: number[];
}

const fixture = new URL("../fixtures/generation/generated.json", import.meta.url);
const cases: Generated[] = JSON.parse(readFileSync(fixture, "utf8"));

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});
async function open(folder: string): Promise<Model> {
  const model = await loadModel(folder, { backend: "cpu" });
  models.push(model);
  return model;
}

async function idsOf(model: Model, prompt: readonly number[], options: GenerateOptions) {
  const generation = model.generate(prompt, options);
  const ids = [];
  for await (const { id } of generation) ids.push(id);
  generation.run.dispose();
  return { ids, generation };
}

/** The text without the end token that transformers leaves at its end. */
function text({ fields, ids }: Generated): number[] {
  const ends = [fields.eos_token_id].flat();
  return ends.includes(ids.at(-1)) ? ids.slice(0, -1) : ids;
}

describe("fields of generation_config.json", () => {
  it("give the tokens of transformers, each alone and together", async () => {
    const model = await open(fixtureFolder("llama3"));
    const plain = JSON.stringify(cases[0]?.ids);
    assert.ok(cases.filter(({ ids }) => JSON.stringify(ids) !== plain).length >= cases.length - 1);
    for (const one of cases) {
      const { ids } = await idsOf(model, one.prompt, { generationConfig: one.fields });
      assert.deepEqual(ids, text(one), JSON.stringify(one.fields));
    }
  });

  it("are read from the file, from config.json where it is missing, and are left out by {}", async (t) => {
    const [plain, limited] = cases as [Generated, Generated];
    const { max_new_tokens: _, ...fields } = limited.fields;
    for (const name of ["generation_config.json", "config.json"]) {
      const folder = await temporaryFolder(t);
      for (const file of ["config.json", "model.safetensors"])
        cpSync(join(fixtureFolder("llama3"), file), join(folder, file));
      const path = join(folder, name);
      const before = name === "config.json" ? JSON.parse(readFileSync(path, "utf8")) : {};
      writeFileSync(path, JSON.stringify({ ...before, ...fields }));
      const model = await open(folder);
      assert.equal(model.generationDefaults.noRepeatNgramSize, 2);
      const maxTokens = limited.ids.length;
      assert.deepEqual((await idsOf(model, limited.prompt, { maxTokens })).ids, limited.ids, name);
      const without = { maxTokens, generationConfig: {} };
      assert.deepEqual((await idsOf(model, limited.prompt, without)).ids, plain.ids);
      const beams = { maxTokens, generationConfig: { num_beams: 4 } };
      assert.throws(() => model.generate(limited.prompt, beams), {
        code: "ERR_GENERATION_CONFIG",
        message: /^generationConfig num_beams: expected 1, got 4/,
      });
    }
  });

  it("are refused where an end token is no id", async (t) => {
    const files = ["generation_config.json", "config.json"];
    for (const [name, eos_token_id] of files.flatMap((file) =>
      ["1", [1, null], 2.5].map((id) => [file, id] as const),
    )) {
      const folder = await temporaryFolder(t);
      for (const file of ["config.json", "model.safetensors"])
        cpSync(join(fixtureFolder("llama3"), file), join(folder, file));
      const path = join(folder, name);
      const before = name === "config.json" ? JSON.parse(readFileSync(path, "utf8")) : {};
      writeFileSync(path, JSON.stringify({ ...before, eos_token_id }));
      await assert.rejects(loadModel(folder, { backend: "cpu" }), {
        code: "ERR_CONFIG",
        message: new RegExp(`^${name}: expected eos_token_id to be a token id`),
      });
    }
  });

  it("are refused where stop strings have no tokenizer to find them", async () => {
    const model = await open(fixtureFolder("llama3"));
    assert.throws(() => model.generate([1], { generationConfig: { stop_strings: "end" } }), {
      code: "ERR_OPTION",
      message: /^stop: expected a model with a tokenizer/,
    });
  });
});

/** What each keeps to, whatever is drafted. */
const LIMITS: readonly [
  GenerateOptions,
  (ids: readonly number[], prompt: readonly number[]) => boolean,
][] = [
  [{ noRepeatNgramSize: 2 }, (ids, prompt) => !repeats([...prompt, ...ids])],
  [{ suppressTokens: odd(61) }, (ids) => ids.every((id) => id % 2 === 0)],
  [{ beginSuppressTokens: odd(61) }, ([first]) => (first as number) % 2 === 0],
  [{ badWordsIds: odd(61).map((id) => [id]) }, (ids) => ids.every((id) => id % 2 === 0)],
  [{ forcedEosIds: [7] }, (ids) => ids.at(-1) === 7],
  [{ repetitionPenalty: 1.3, presencePenalty: 0.4, frequencyPenalty: 0.2 }, () => true],
  [{ typicalP: 0.6, epsilonCutoff: 0.01, topH: 0.7 }, () => true],
];

function odd(below: number): number[] {
  return Array.from({ length: below >> 1 }, (_, i) => 2 * i + 1);
}

function repeats(ids: readonly number[]): boolean {
  const pairs = ids.slice(1).map((id, i) => `${ids[i]} ${id}`);
  return new Set(pairs).size < pairs.length;
}

describe("speculative decoding under such fields", () => {
  for (const name of ["shared", "own"])
    it(`gives greedy tokens as without drafts, and sampled ones within the limits: ${name}`, async () => {
      const folder = fileURLToPath(new URL(`../fixtures/mtp/${name}/`, import.meta.url));
      const model = await open(folder);
      const counts = { accepted: 0, rejected: 0 };
      for (const [limit, keepsTo] of LIMITS)
        for (const [seed, prompt] of [[3], [4, 9, 17, 4, 23]].entries()) {
          const options = { ...limit, seed, maxTokens: 20, ignoreEos: true };
          const plain = await idsOf(model, prompt, { ...options, temperature: 0 });
          for (const draftTokens of [1, 3]) {
            const drafting = { ...options, speculate: "mtp", draftTokens } as const;
            const greedy = await idsOf(model, prompt, { ...drafting, temperature: 0 });
            assert.deepEqual(greedy.ids, plain.ids, JSON.stringify(limit));
            const sampled = await idsOf(model, prompt, { ...drafting, temperature: 1.2 });
            assert.equal(sampled.ids.length, 20);
            assert.ok(keepsTo(sampled.ids, prompt), `${JSON.stringify(limit)}: ${sampled.ids}`);
            for (const { acceptance } of [greedy.generation, sampled.generation]) {
              counts.accepted += acceptance.accepted;
              counts.rejected += acceptance.judged - acceptance.accepted;
            }
          }
        }
      assert.ok(counts.accepted > 20 && counts.rejected > 20, JSON.stringify(counts));
    });

  for (const name of ["shared", "own"])
    it(`ends where it would without drafts, though every token is forbidden behind: ${name}`, async () => {
      const folder = fileURLToPath(new URL(`../fixtures/mtp/${name}/`, import.meta.url));
      const model = await open(folder);
      const allowed = [2, 7, 12, 19, 23, 31, 40];
      const limits = {
        suppressTokens: Array.from({ length: 61 }, (_, id) => id).filter(
          (id) => !allowed.includes(id),
        ),
        noRepeatNgramSize: 1,
        maxTokens: 20,
      };
      const prompt = [4, 9, 17];
      const plain = await ending(model, prompt, { ...limits, temperature: 0, ignoreEos: true });
      assert.deepEqual([...plain.ids].sort(), [...allowed].sort());
      assert.equal(plain.end, "ERR_LOGITS");
      for (const draftTokens of [1, 3, 12]) {
        const drafting = { ...limits, speculate: "mtp", draftTokens } as const;
        const greedy = { ...drafting, temperature: 0 };
        assert.deepEqual(await ending(model, prompt, { ...greedy, ignoreEos: true }), plain);
        const sampled = { ...drafting, temperature: 1.2, ignoreEos: true };
        const { ids, end } = await ending(model, prompt, sampled);
        assert.deepEqual([ids.sort(), end], [[...allowed].sort(), "ERR_LOGITS"]);
        for (const [count, last] of plain.ids.entries()) {
          const ended = { ...greedy, generationConfig: { eos_token_id: last } };
          const expected = { ids: plain.ids.slice(0, count), end: "stop" };
          assert.deepEqual(await ending(model, prompt, ended), expected, `${draftTokens} ${count}`);
        }
      }
    });
});

interface Ending {
  readonly ids: number[];
  /** The finish reason, or the error's code. */
  readonly end: string | null;
}

/** What came, and what ended it. */
async function ending(
  model: Model,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<Ending> {
  const generation = model.generate(prompt, options);
  const ids: number[] = [];
  let code: string | null = null;
  try {
    for await (const { id } of generation) ids.push(id);
  } catch (error) {
    code = (error as { code: string }).code;
  }
  if (code !== null) return { ids, end: code };
  generation.run.dispose();
  return { ids, end: generation.finishReason };
}
