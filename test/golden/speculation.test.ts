import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { BackendName } from "../../engine/backend/backend.ts";
import { Pcg32 } from "../../engine/generate/pcg32.ts";
import type { GenerateOptions, Generation, Model } from "../../engine/index.ts";
import { assertSameBits } from "./compare.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const folders = {
  tiny: tinyFolder,
  shared: fileURLToPath(new URL("../fixtures/mtp/shared/", import.meta.url)),
  own: fileURLToPath(new URL("../fixtures/mtp/own/", import.meta.url)),
  glm: fileURLToPath(new URL("../fixtures/mtp/glm/", import.meta.url)),
};
type Name = keyof typeof folders;

const opened = new Map<string, Promise<Model>>();
function open(backend: BackendName, name: Name): Promise<Model> {
  const key = `${backend} ${name}`;
  const model = opened.get(key) ?? openModel(backend, folders[name]).then((it) => it.model);
  opened.set(key, model);
  return model;
}
after(async () => {
  for (const model of opened.values()) (await model).dispose();
});

async function collect(generation: Generation) {
  const tokens = [];
  for await (const token of generation) tokens.push(token);
  return tokens;
}

const ids = (tokens: readonly { readonly id: number }[]) => tokens.map(({ id }) => id);

/** Deterministic prompts of 1 to 12 tokens. */
function prompts(nVocab: number, count: number): number[][] {
  const random = new Pcg32(11);
  const below = (n: number) => Math.floor(random.nextFloat() * n);
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(12) }, () => below(nVocab)),
  );
}

describe("greedy speculative decoding", () => {
  const places: [BackendName, Name, number][] = [
    ["cpu", "tiny", 6],
    ["cpu", "shared", 6],
    ["cpu", "own", 6],
    ["cpu", "glm", 6],
    ["reference", "own", 3],
    ["webgpu", "tiny", 2],
    ["webgpu", "shared", 2],
  ];
  for (const [backend, name, count] of places)
    it(`gives the tokens, logits and log probabilities of plain decoding: ${name} on ${backend}`, async () => {
      const model = await open(backend, name);
      model.freeIdle();
      const before = model.deviceMemory();
      let accepted = 0;
      for (const [i, prompt] of prompts(model.spec.nVocab, count).entries()) {
        const options = {
          temperature: 0,
          maxTokens: 17,
          ignoreEos: true,
          chunkSize: 5,
          logits: "all" as const,
        };
        const plain = model.generate(prompt, { ...options, speculate: "off" });
        const wanted = await collect(plain);
        const draftTokens = 1 + (i % 4);
        const drafted = model.generate(prompt, { ...options, speculate: "mtp", draftTokens });
        const got = await collect(drafted);
        assert.deepEqual(ids(got), ids(wanted));
        // A device that ranks rows for plain decoding sums them in f32; the host sums in f64.
        const tolerance = backend === "webgpu" ? 2e-6 : 0;
        for (const [at, { logprob }] of got.entries())
          assert.ok(Math.abs(logprob - (wanted[at]?.logprob ?? Number.NaN)) <= tolerance);
        assertSameBits(drafted.run.logits, plain.run.logits, "logits");
        assert.deepEqual(
          (await drafted.run.routing()).indices,
          (await plain.run.routing()).indices,
        );
        assert.ok(wanted.every(({ draft }) => draft.verdict === "plain"));
        assert.equal(plain.acceptance.rate, null);
        accepted += drafted.acceptance.accepted;
        for (const generation of [plain, drafted]) generation.run.dispose();
      }
      if (name === "tiny") assert.ok(accepted > 0, "some draft was accepted");
      model.freeIdle();
      assert.deepEqual(model.deviceMemory(), before);
    });

  it("ends at the same place: an end token, a stop string, maxTokens", async () => {
    const model = await open("cpu", "tiny");
    const question = "<｜User｜>7+5-3+8=?<｜Assistant｜>";
    const ways: GenerateOptions[] = [{}, { stop: ["9\n"] }, { maxTokens: 6 }, { maxTokens: 1 }];
    for (const way of ways) {
      const ends = [];
      for (const speculate of ["off", "mtp"] as const) {
        const generation = model.generate(question, {
          temperature: 0,
          ...way,
          speculate,
          draftTokens: 3,
        });
        const tokens = await collect(generation);
        const { text, finishReason, run } = generation;
        assert.equal(tokens.map((token) => token.text).join(""), text);
        ends.push({ text, finishReason, tokens: ids(tokens), all: ids(run.tokens) });
        run.dispose();
      }
      assert.deepEqual(ends[1], ends[0]);
    }
  });
});

describe("every generated token", () => {
  it("has a record of its draft: whose it was, how probable, and what became of it", async () => {
    const model = await open("cpu", "tiny");
    const options = { speculate: "mtp", draftTokens: 2, maxTokens: 60, ignoreEos: true } as const;
    const generation = model.generate("The cat sat. The cat", {
      ...options,
      temperature: 1,
      seed: 4,
    });
    const tokens = await collect(generation);
    const verdicts = tokens.map(({ draft }) => draft.verdict);
    assert.equal(verdicts[0], "plain", "the prompt's own step");
    assert.ok(
      verdicts.includes("accepted") && verdicts.includes("rejected") && verdicts.includes("bonus"),
    );
    for (const [i, { id, draft, logprob }] of tokens.entries()) {
      const before = tokens[i - 1]?.draft;
      assert.equal(
        draft.position,
        before?.verdict === "accepted" ? before.position + 1 : 0,
        "a step ends behind the first token that is no accepted draft",
      );
      if (draft.verdict === "bonus")
        assert.ok(verdicts[i - 1] === "accepted" && verdicts[i - 2] === "accepted");
      if (draft.verdict === "bonus" || draft.verdict === "plain")
        assert.deepEqual(
          [draft.draftId, draft.draftProbability, draft.modelProbability],
          [null, null, null],
        );
      else {
        assert.equal(draft.draftId === id, draft.verdict === "accepted");
        assert.ok(
          draft.draftProbability !== null &&
            draft.draftProbability > 0 &&
            draft.draftProbability <= 1,
        );
        if (draft.verdict === "accepted") assert.equal(draft.modelProbability, Math.exp(logprob));
      }
    }
    const logits = await generation.run.get("hook_logits");
    for (const { index, draft } of tokens) {
      if (draft.draftId === null) continue;
      const row = logits.row(index - 1).data;
      const most = Math.max(...row);
      const sum = [...row].reduce((total, logit) => total + Math.exp(logit - most), 0);
      const wanted = Math.exp((row[draft.draftId] ?? 0) - most) / sum;
      assert.ok(Math.abs(wanted - (draft.modelProbability ?? 0)) < 1e-6, `the draft at ${index}`);
    }
    const { judged, accepted, rate } = generation.acceptance;
    assert.equal(accepted, verdicts.filter((verdict) => verdict === "accepted").length);
    assert.equal(judged, accepted + verdicts.filter((verdict) => verdict === "rejected").length);
    assert.equal(rate, accepted / judged);
    const generated = generation.run.tokens.filter(({ phase }) => phase === "generated");
    assert.deepEqual(
      generated.map(({ draft }) => draft),
      tokens.map(({ draft }) => draft),
    );
    // The draft's probability is that of the module's logits two rows before: they pair it with the token before it.
    const first = tokens.findIndex(({ draft }) => draft.draftId !== null);
    const { index = 0, draft } = tokens[first] ?? {};
    const drafts = await generation.run.get("mtp.0.hook_draft_logits", { token: index - 2 });
    const max = Math.max(...drafts.data);
    const total = [...drafts.data].reduce((sum, logit) => sum + Math.exp(logit - max), 0);
    const probability = Math.exp((drafts.data[draft?.draftId ?? 0] ?? 0) - max) / total;
    assert.ok(Math.abs(probability - (draft?.draftProbability ?? 0)) < 1e-6);
    generation.run.dispose();
  });

  it("is paid for with its rejected drafts and the module's steps", async () => {
    const model = await open("cpu", "tiny");
    const costs = [];
    for (const speculate of ["off", "mtp"] as const) {
      const options = {
        speculate,
        draftTokens: 3,
        temperature: 1,
        seed: 2,
        maxTokens: 20,
      } as const;
      const generation = model.generate("And God said", { ...options, ignoreEos: true });
      await collect(generation);
      const cost = generation.run.cost();
      costs.push(cost.tokens.slice(-19).reduce((sum, { flops }) => sum + flops, 0));
      generation.run.dispose();
    }
    const [plain = 0, speculative = 0] = costs;
    assert.ok(speculative > 1.5 * plain, `${speculative} against ${plain} FLOPs`);
  });
});

describe("sampled speculative decoding", () => {
  it("draws whole continuations as often as plain sampling's probabilities say (chi-square)", async () => {
    const model = await open("cpu", "own");
    const prompt = [7, 3];
    const logitBias = Object.fromEntries(Array.from({ length: 58 }, (_, i) => [i + 3, -Infinity]));
    const sampling = { temperature: 2, logitBias }; // three tokens are left
    const exact = await continuations(model, prompt, { temperature: 2, nAllowed: 3 }, 3);
    assert.equal(exact.size, 27);
    const counts = new Map<string, number>();
    const draws = 1200;
    let accepted = 0;
    let rejected = 0;
    for (let seed = 0; seed < draws; seed++) {
      const generation = model.generate(prompt, {
        ...sampling,
        seed,
        maxTokens: 3,
        ignoreEos: true,
        speculate: "mtp",
        draftTokens: 2,
      });
      const tokens = await collect(generation);
      accepted += tokens.filter(({ draft }) => draft.verdict === "accepted").length;
      rejected += tokens.filter(({ draft }) => draft.verdict === "rejected").length;
      const key = ids(tokens).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
      generation.run.dispose();
    }
    assert.ok(accepted > 100 && rejected > 100, `${accepted} accepted, ${rejected} rejected`);
    for (const key of counts.keys()) assert.ok(exact.has(key), `${key} is not possible`);
    let statistic = 0;
    for (const [key, probability] of exact)
      statistic += ((counts.get(key) ?? 0) - draws * probability) ** 2 / (draws * probability);
    assert.ok(statistic < 54.05, `chi-square ${statistic} with 26 degrees of freedom, p < 0.001`);
  });
});

/** The probability of every continuation of `length` of the first `nAllowed` tokens, from the model's logits alone. */
async function continuations(
  model: Model,
  prompt: readonly number[],
  { temperature, nAllowed }: { readonly temperature: number; readonly nAllowed: number },
  length: number,
): Promise<Map<string, number>> {
  let known = new Map([["", 1]]);
  for (let i = 0; i < length; i++) {
    const longer = new Map<string, number>();
    for (const [key, probability] of known) {
      const so = key === "" ? [] : key.split(",").map(Number);
      const run = await model.run([...prompt, ...so]);
      const logits = [...run.logits.row(-1).data].slice(0, nAllowed);
      run.dispose();
      const max = Math.max(...logits);
      const weights = logits.map((logit) => Math.exp((logit - max) / temperature));
      const total = weights.reduce((a, b) => a + b);
      for (const [id, weight] of weights.entries())
        longer.set([...so, id].join(), (probability * weight) / total);
    }
    known = longer;
  }
  return known;
}

describe("the option speculate", () => {
  it("is off by default and for auto on processors, and refuses what a checkpoint cannot do", async () => {
    const model = await open("cpu", "tiny");
    for (const speculate of [undefined, "auto", "off"] as const) {
      const generation = model.generate([5, 6], { maxTokens: 3, ...(speculate && { speculate }) });
      for (const { draft } of await collect(generation)) assert.equal(draft.verdict, "plain");
      generation.run.dispose();
    }
    assert.throws(() => model.generate([5], { speculate: "mtp", draftTokens: 0 }), {
      code: "ERR_OPTION",
      message: /draftTokens/,
    });
    assert.throws(() => model.generate([5], { speculate: "yes" as "mtp" }), {
      code: "ERR_OPTION",
      message: /speculate/,
    });
    const { model: without } = await openModel(
      "cpu",
      fileURLToPath(new URL("../fixtures/hf-random/deepseek_v3/", import.meta.url)),
    );
    assert.throws(() => without.generate([5], { speculate: "mtp" }), {
      code: "ERR_OPTION",
      message: /multi-token prediction/,
    });
    const auto = without.generate([5], { speculate: "auto", maxTokens: 2 });
    assert.equal((await collect(auto)).length, 2);
    without.dispose();
  });

  it("leaves nothing on the device when the loop is left between drafts", async () => {
    const model = await open("cpu", "shared");
    model.freeIdle();
    const before = model.deviceMemory();
    const generation = model.generate([1, 2, 3], {
      speculate: "mtp",
      draftTokens: 3,
      maxTokens: 30,
      ignoreEos: true,
    });
    let n = 0;
    for await (const _ of generation) if (++n === 5) break;
    assert.equal(generation.finishReason, "aborted");
    generation.run.dispose();
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });
});
