import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { createModel } from "../../engine/createModel.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { resolveHead } from "../../engine/model/resolveHead.ts";
import type { Checkpoint, TensorEntry } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { assertClose } from "../golden/compare.ts";
import { expected, fixtureFolder } from "../golden/openModel.ts";

const TIED = fileURLToPath(new URL("../fixtures/formats/llama_sharded_tied/", import.meta.url));
const EMBEDDING = "model.embed_tokens.weight";

interface Change {
  /** Name in the file as it should be found, or null where it should not. */
  readonly rename?: (name: string) => string | null;
  /** More tensors: each is another's bytes, all of them moved by one element. */
  readonly shifted?: Readonly<Record<string, string>>;
  readonly config?: object;
}

/** A checkpoint as if its tensors had been saved under other names. */
function changed(real: Checkpoint, { rename = (name) => name, shifted = {}, config }: Change) {
  const sources = new Map<string, string>();
  const tensors = new Map<string, TensorEntry>();
  const add = (name: string | null, source: string) => {
    const entry = real.tensors.get(source);
    assert.ok(entry, source);
    if (name === null) return;
    tensors.set(name, entry);
    sources.set(name, source);
  };
  for (const name of real.tensors.keys()) add(rename(name), name);
  for (const [name, source] of Object.entries(shifted)) add(name, source);
  const readRange = async (name: string, start: number, length: number) => {
    const source = sources.get(name) ?? name;
    if (shifted[name] === undefined) return real.readRange(source, start, length);
    const bytes = await real.readTensor(source);
    const moved = new Uint8Array([...bytes.subarray(2), ...bytes.subarray(0, 2)]);
    return moved.slice(start, start + length);
  };
  const { name, location, generationConfig, hash, totalParameters, sizeBytes } = real;
  return {
    ...{ name, location, generationConfig, hash, totalParameters, sizeBytes },
    config: { ...real.config, ...config },
    tensors,
    readRange,
    readTensor: (tensor: string) => readRange(tensor, 0, tensors.get(tensor)?.byteLength ?? 0),
    readInto: async (tensor: string, start: number, target: Uint8Array) =>
      target.set(await readRange(tensor, start, target.byteLength)),
    close: () => real.close(),
  } satisfies Checkpoint;
}

async function load(folder: string, change: Change) {
  const real = await openCheckpoint(folder);
  try {
    const { backend } = await openBackend("reference");
    return await createModel(changed(real, change), { tokenizer: null, backend });
  } finally {
    await real.close();
  }
}

async function logitsOf(folder: string, ids: readonly number[], change: Change) {
  const model = await load(folder, change);
  const { data } = (await model.run(ids, { logits: "all" })).logits;
  const result = [...data];
  model.dispose();
  return result;
}

describe("names of tensors", () => {
  const SPELLINGS: [string, (name: string) => string][] = [
    ["without the base model's name", (name) => name.replace(/^(model|transformer)\./, "")],
    ["as the text part of a larger model", (name) => `language_model.${name}`],
    [
      "as transformers 5 saves the text part",
      (n) => n.replace(/^model\./, "model.language_model."),
    ],
    ["half of them without it", (name) => name.replace(/^(model|transformer)\.(?=.*norm)/, "")],
  ];
  for (const fixture of ["llama3", "gpt2", "qwen3_moe", "deepseek_v3"])
    for (const [what, rename] of SPELLINGS)
      it(`are found ${what}: ${fixture}`, async () => {
        const { ids, logits } = expected(fixture);
        const found = await logitsOf(fixtureFolder(fixture), ids, { rename });
        assertClose(found, logits.data, 1e-4, what);
      });

  it("are refused where two stand for one tensor", async () => {
    const shifted = { "embed_tokens.weight": EMBEDDING };
    await assert.rejects(load(fixtureFolder("llama3"), { shifted }), {
      code: "ERR_TENSOR_UNEXPECTED",
      message: /got model\.embed_tokens\.weight and embed_tokens\.weight, which both stand for/,
    });
  });

  it("of what is ignored are the file's own", async () => {
    const change: Change = {
      rename: (name) => name.replace(/^model\./, ""),
      shifted: { "layers.0.self_attn.rotary_emb.inv_freq": "model.norm.weight" },
    };
    const model = await load(fixtureFolder("llama3"), change);
    assert.deepEqual(model.ignoredTensors, ["layers.0.self_attn.rotary_emb.inv_freq"]);
    model.dispose();
  });

  it("that are missing are told with those that are there, and nobody is sent to download", async () => {
    const rename = (name: string) => name.replace("self_attn", "attention");
    await assert.rejects(load(fixtureFolder("llama3"), { rename }), (error: Error) => {
      assert.match(error.message, /without model\.layers\.0\.self_attn.*It has .*config\.json/s);
      assert.doesNotMatch(error.message, /[Dd]ownload/);
      return true;
    });
  });
});

describe("the head", () => {
  const ids = [3, 1, 4, 1, 5, 9, 2, 6];
  const OTHER_HEAD = { "lm_head.weight": EMBEDDING };

  it("of a base model whose embeddings are not tied is refused as missing", async () => {
    const rename = (name: string) => (name === "lm_head.weight" ? null : name);
    await assert.rejects(load(fixtureFolder("llama3"), { rename }), {
      code: "ERR_TENSOR_MISSING",
      message: /got a base model without a head/,
    });
  });

  it("that is stored counts where it differs from the embedding, whatever the config ties", async () => {
    const stored = await logitsOf(TIED, ids, { shifted: OTHER_HEAD });
    const untied = { shifted: OTHER_HEAD, config: { tie_word_embeddings: false } };
    assert.deepEqual(stored, await logitsOf(TIED, ids, untied));
    const without = await logitsOf(TIED, ids, {});
    assert.ok(stored.some((value, i) => Math.abs(value - (without[i] ?? 0)) > 1));
  });

  it("of GPT-2 likewise", async () => {
    const shifted = { "lm_head.weight": "transformer.wte.weight" };
    const stored = await logitsOf(fixtureFolder("gpt2"), ids, { shifted });
    const config = { tie_word_embeddings: false };
    assert.deepEqual(stored, await logitsOf(fixtureFolder("gpt2"), ids, { shifted, config }));
  });

  it("that is stored and equals the embedding is shared with it", async () => {
    const real = await openCheckpoint(TIED);
    const twice = changed(real, { shifted: {} });
    twice.tensors.set("lm_head.weight", twice.tensors.get(EMBEDDING) as TensorEntry);
    const readRange = (name: string, start: number, length: number) =>
      real.readRange(name === "lm_head.weight" ? EMBEDDING : name, start, length);
    const { backend } = await openBackend("reference");
    const model = await createModel({ ...twice, readRange }, { tokenizer: null, backend });
    assert.equal(model.spec.tiedEmbeddings, true);
    assert.deepEqual(model.ignoredTensors, ["lm_head.weight"]);
    model.dispose();
    await real.close();
  });

  it("that is quantised differs from the embedding", async () => {
    const real = await openCheckpoint(TIED);
    const spec = normalizeConfig(real.config);
    const tensors = new Map(real.tensors);
    tensors.set("lm_head.weight_packed", tensors.get(EMBEDDING) as TensorEntry);
    const quantised = changed(real, {});
    assert.equal((await resolveHead(spec, { ...quantised, tensors })).tiedEmbeddings, false);
    assert.equal((await resolveHead(spec, quantised)).tiedEmbeddings, true);
    await real.close();
  });

  it("of a reward model is refused by name", async () => {
    const shifted = { "score.weight": "model.norm.weight" };
    await assert.rejects(load(fixtureFolder("llama3"), { shifted }), {
      code: "ERR_TENSOR_UNEXPECTED",
      message: /score\.weight/,
    });
  });

  it("that alone is stored of a tied pair is the embedding too", async () => {
    const rename = (name: string) => (name === EMBEDDING ? "lm_head.weight" : name);
    assert.deepEqual(await logitsOf(TIED, ids, { rename }), await logitsOf(TIED, ids, {}));
  });
});
