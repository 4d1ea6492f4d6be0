import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../engine/base/errors.ts";
import { costedOperators } from "../../engine/cost/costedOperators.ts";
import { chunkCost } from "../../engine/cost/costOf.ts";
import { countParameters } from "../../engine/cost/parameters.ts";
import { stepCost } from "../../engine/cost/stepCost.ts";
import { loadModel, whatIf } from "../../engine/index.node.ts";
import { DEVICES } from "../../engine/machine/devices.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { attentionForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type {
  CostClass,
  DeviceRecord,
  WhatIfRecord,
  WhatIfWork,
} from "../../engine/trace/schema.ts";
import { decodeTokens } from "../../engine/whatif/decodeTokens.ts";
import { expectedExperts, PaperModel } from "../../engine/whatif/paperModel.ts";
import { SHIPPED_CONFIGS } from "../../engine/whatif/shippedConfigs.ts";
import { storedAs } from "../../engine/whatif/weightStorage.ts";
import type { WhatIfOptions } from "../../engine/whatif/whatIfOptions.ts";
import { WorkTotal } from "../../engine/whatif/workTotal.ts";
import { inRepository } from "../../scripts/build/repository.ts";

const TOKENS = { promptTokens: 3000, generatedTokens: 1096 };
const of = (config: string, options: Omit<WhatIfOptions, "config"> = {}): WhatIfRecord =>
  whatIf(TOKENS, { config, ...options });
const billions = (count: number) => (count / 1e9).toFixed(1);
const giga = (count: number, digits: number) => (count / 1e9).toFixed(digits);
const classOf = (work: WhatIfWork, name: CostClass) => {
  const found = work.classes.find(({ costClass }) => costClass === name);
  assert.ok(found, name);
  return found;
};

test("models have the parameters that their authors publish, in all and of a token", () => {
  // V2: arXiv:2405.04434 (236 B, 21 B; Lite: 15.7 B, 2.4 B, with embeddings). V3: arXiv:2412.19437 (671 B, 37 B).
  // Qwen2.5: arXiv:2412.15115 (0.49 B, 7.61 B). Qwen3: arXiv:2505.09388 (30 B, 3 B; 235 B, 22 B, whose counts have the embedding).
  // Llama 3.1: arXiv:2407.21783. gpt-oss: arXiv:2508.10925 table 1 (116.83 B, 5.13 B; 20.91 B, 3.61 B, without embedding).
  const expected: Readonly<Record<string, readonly [total: string, active: string]>> = {
    "deepseek-v2-lite": ["15.7", "2.5"],
    "deepseek-v2": ["235.7", "20.9"],
    "deepseek-v3": ["671.0", "36.6"],
    "deepseek-v3.2": ["671.9", "37.5"],
    "qwen2.5-0.5b": ["0.5", "0.5"],
    "qwen2.5-7b-instruct": ["7.6", "7.1"],
    "qwen3-30b-a3b": ["30.5", "3.0"],
    "qwen3-235b-a22b": ["235.1", "21.6"],
    "llama-3.1-8b": ["8.0", "7.5"],
    "llama-3.1-70b": ["70.6", "69.5"],
    "gpt-oss-20b": ["20.9", "3.6"],
    "gpt-oss-120b": ["116.8", "5.1"],
  };
  for (const [name, [total, active]] of Object.entries(expected)) {
    const counted = countParameters(normalizeConfig(SHIPPED_CONFIGS[name]?.config));
    assert.deepEqual([billions(counted.total), billions(counted.active)], [total, active], name);
  }
});

test("of DeepSeek-V3's 671 B parameters 37 B are active, and a token keeps 70,272 bytes and not 4,997,120", () => {
  const { label, model, parameters, caches, memory, context } = of("deepseek-v3");
  const sum = (key: "total" | "active") => parameters.reduce((n, one) => n + one[key], 0);
  assert.equal(sum("total"), model.totalParameters + model.draftParameters);
  assert.equal(sum("active"), model.activeParameters);
  assert.equal(label, "computed");
  assert.equal(Math.round(model.totalParameters / 1e9), 671);
  assert.equal(Math.round(model.activeParameters / 1e9), 37);
  assert.deepEqual(
    caches.map(({ form, keyHeads, bytesPerToken, isOwn }) => [
      form,
      keyHeads,
      bytesPerToken,
      isOwn,
    ]),
    [
      ["mla", null, 70_272, true],
      ["mha", 128, 4_997_120, false],
      ["gqa", 8, 312_320, false],
      ["mqa", 1, 39_040, false],
    ],
  );
  assert.equal(context, 4096);
  assert.equal(memory.kvBytes, 4096 * 70_272);
});

test("grouped attention stands beside the forms that the config has not", () => {
  const forms = (name: string) =>
    of(name, { context: 1024 }).caches.map((c) => [c.form, c.bytesPerToken]);
  // Llama 3.1 8B: 32 layers, 8 of 32 heads of 128 keep a key and a value of 2 bytes each.
  assert.deepEqual(forms("llama-3.1-8b"), [
    ["gqa", 131_072],
    ["mha", 524_288],
    ["mla", 36_864], // 4.5 heads' widths of 128: arXiv:2405.04434 table 1
    ["mqa", 16_384],
  ]);
  const small = whatIf({ promptTokens: 8, generatedTokens: 8 }, { config: "gpt2" });
  assert.deepEqual(
    small.caches.map((c) => [c.form, c.bytesPerToken]),
    [
      ["mha", 12 * 2 * 768 * 2],
      ["gqa", 12 * 2 * 3 * 64 * 2],
      ["mla", 12 * 4.5 * 64 * 2],
      ["mqa", 12 * 2 * 64 * 2],
    ],
  );
});

test("sparse attention is flat in length where dense attention grows", () => {
  // GFLOP of a token at 4k, 32k and 128k: 61 layers of 128 heads, 2 (2 x 512 + 64) for each key seen; the indexer 64 (2 x 128 + 3).
  const lengths = [4096, 32_768, 131_072];
  const curve = (name: string) => {
    const spec = normalizeConfig(SHIPPED_CONFIGS[name]?.config);
    const paper = new PaperModel(spec, storedAs("fp8"), "fp8");
    return lengths.map((length) =>
      new WorkTotal(null, countParameters(spec)).add(paper.decode(length, 1)).record(),
    );
  };
  const [dense, sparse] = [curve("deepseek-v3"), curve("deepseek-v3.2")];
  const scores = (work: WhatIfWork) => classOf(work, "attentionScores").flops;
  assert.deepEqual(
    dense.map((work) => giga(scores(work), 0)),
    ["70", "557", "2227"],
  );
  assert.deepEqual(
    sparse.map((work) => scores(work)),
    lengths.map(() => 61 * 2 * 128 * (2 * 512 + 64) * 2048),
  );
  const indexing = 61 * 64 * (2 * 128 + 3);
  const growth = (sparse[2]?.flops ?? 0) - (sparse[0]?.flops ?? 0);
  assert.equal(growth, indexing * (131_072 - 4096));
  assert.equal(giga(sparse[0]?.kvReadBytes ?? 0, 3), "0.115"); // 656 bytes of 2,048 latents, 132 of every index key
  assert.equal(giga(sparse[2]?.kvReadBytes ?? 0, 2), "1.14");
});

test("the curve over lengths has the same model without its indexer beside it", () => {
  const { lengths, denseLengths } = of("deepseek-v3.2");
  assert.deepEqual(
    lengths.map(({ context }) => context),
    [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072],
  );
  const times = (curve: readonly { flops: number }[] | null) =>
    (curve?.at(-1)?.flops ?? 0) / (curve?.[2]?.flops ?? 1);
  assert.ok(times(lengths) < 2.2, `${times(lengths)}`);
  assert.ok(times(denseLengths) > 15, `${times(denseLengths)}`);
  assert.equal(of("deepseek-v3").denseLengths, null);
  assert.deepEqual(
    of("qwen2.5-0.5b").lengths.map(({ context }) => context),
    [1024, 2048, 4096, 8192, 16_384, 32_768],
  );
});

test("a row of DeepSeek-V3.2's cache takes 656 + 132 bytes in fp8, as its kernels keep it", () => {
  const [own] = of("deepseek-v3.2", { cache: "fp8" }).caches;
  assert.equal(own?.bytesPerToken, 61 * (656 + 132));
});

test("a step that is summed in closed form is the sum of its tokens", () => {
  for (const [name, start, nTokens] of [
    ["gpt-oss-20b", 100, 77],
    ["deepseek-v3.2", 2000, 100],
    ["deepseek-v2-lite", 0, 300],
    ["qwen2.5-0.5b", 5, 1],
  ] as const) {
    const spec = normalizeConfig(SHIPPED_CONFIGS[name]?.config);
    const plan = compilePlan(spec, { form: attentionForm(spec, nTokens, start + nTokens) });
    const weights = new Map(
      [...plan.weights].map(([key, { shape }]) => [key, { shape, dtype: "q8_0" as const }]),
    );
    const operators = costedOperators(plan, weights, "bf16", { rows: nTokens, capacity: 4096 });
    const touched = (layer: number) => 4 + layer;
    const chunk = { start, nTokens, operators, phase: "prefill", durationMs: null } as const;
    const tokens = chunkCost(chunk, touched);
    const step = stepCost({ ...chunk, nSequences: 1, nTouchedExperts: touched });
    const totals = step.table.totals(0);
    for (const quantity of ["flops", "weightBytes", "kvReadBytes", "kvWriteBytes"] as const) {
      const sum = tokens.reduce((total, token) => total + token[quantity], 0);
      assert.ok(Math.abs(totals[quantity] - sum) <= 1e-12 * sum, `${name} ${quantity}`);
    }
    const { f32, bf16, fp8, packed } = step.flops;
    assert.ok(packed > 0 && f32 + fp8 === 0);
    assert.ok(Math.abs(packed + bf16 - totals.flops) <= 1e-12 * totals.flops);
  }
});

test("many tokens cost as much as each of them told alone", () => {
  for (const [name, first] of [
    ["deepseek-v3.2", 2040],
    ["gpt-oss-20b", 120],
    ["qwen2.5-0.5b", 1],
  ] as const) {
    const paper = new PaperModel(
      normalizeConfig(SHIPPED_CONFIGS[name]?.config),
      storedAs("fp8"),
      "bf16",
    );
    const total = () =>
      new WorkTotal(
        { device: DEVICES.h100 as DeviceRecord, count: 2 },
        {
          byClass: new Map(),
          activeByClass: new Map(),
        },
      );
    const [all, alone] = [total(), total()];
    decodeTokens(paper, { first, count: 20, batch: 3 }, all);
    for (let context = first; context < first + 20; context++) alone.add(paper.decode(context, 3));
    const [summed, each] = [all.record(), alone.record()];
    for (const quantity of ["flops", "weightBytes", "kvReadBytes", "kvWriteBytes"] as const) {
      const error = Math.abs(summed[quantity] - each[quantity]);
      assert.ok(error <= 1e-9 * each[quantity], `${name} ${quantity}`);
    }
    const [least, seconds] = [summed.seconds ?? Number.NaN, each.seconds ?? Number.NaN];
    assert.ok(least <= seconds * (1 + 1e-9) && least > 0.99 * seconds, name);
  }
});

test("a batch shares the weights, reads its own caches, and reaches more experts", () => {
  const one = of("deepseek-v3").decode;
  const many = of("deepseek-v3", { batch: 64 }).decode;
  assert.equal(many.kvReadBytes, 64 * one.kvReadBytes);
  assert.equal(classOf(many, "dense").weightBytes, classOf(one, "dense").weightBytes);
  assert.ok(Math.abs(many.flops - 64 * one.flops) <= 1e-9 * many.flops);
  const reached = expectedExperts({ nExperts: 256, nExpertsPerToken: 8 }, 64);
  assert.equal(reached.toFixed(1), "222.4"); // 256 (1 - (31/32)^64)
  const share =
    classOf(many, "routedExperts").weightBytes / classOf(one, "routedExperts").weightBytes;
  assert.ok(Math.abs(share - reached / 8) < 1e-9);
  assert.equal(expectedExperts({ nExperts: 256, nExpertsPerToken: 8 }, 1), 8);
});

test("the run's own model is told to cost what the run's next token does", async () => {
  const model = await loadModel("tiny", { backend: "reference" });
  const run = await model.run([3, 4, 5, 6]);
  const told = whatIf(run, { config: inRepository("models/tiny"), context: 5 });
  const { nextDecode } = run.cost();
  assert.deepEqual(told.tokens, { prompt: 4, generated: 0 });
  assert.equal(told.decode.flops, nextDecode.flops);
  assert.equal(told.decode.weightBytes * 4, nextDecode.weightBytes); // bf16 beside the reference's f64
  assert.equal(told.decode.kvReadBytes * 4, nextDecode.kvReadBytes);
  run.dispose();
  model.dispose();
});

test("a device says whether it holds the model, how fast it can be and what that rents for", () => {
  const eight = of("deepseek-v3", { device: "h800", devices: 8 });
  assert.equal(eight.memory.fits, false); // 692 GB of weights beside 640 GB
  assert.equal(eight.memory.mostCachedTokens, 0);
  const { memory, decode, tokensPerSecond, money, prefill } = of("deepseek-v3", {
    device: "NVIDIA H800 SXM",
    devices: 16,
  });
  assert.equal(memory.fits, true);
  assert.equal(memory.devicesNeeded, 9);
  assert.equal(decode.bound, "memory");
  const bytes = decode.weightBytes + decode.kvReadBytes + decode.kvWriteBytes;
  assert.equal(decode.seconds, bytes / (16 * 3.35e12));
  assert.equal(tokensPerSecond, 1 / (decode.seconds ?? 0));
  assert.equal(prefill?.bound, "memory"); // 2,048 tokens reach every expert, and each serves few of them
  const long = whatIf(
    { promptTokens: 16_384, generatedTokens: 0 },
    { config: "deepseek-v3", device: "h800", devices: 16, chunkSize: 16_384 },
  );
  assert.equal(long.prefill?.bound, "compute");
  assert.ok(money);
  assert.ok(Math.abs(money.usdPerMTokOutput - (32 / 3600) * 1e6 * (decode.seconds ?? 0)) < 1e-9);
  assert.equal(of("deepseek-v3", { device: "h100" }).money, null);
  assert.equal(of("deepseek-v3", { device: "h100", usdPerHour: 3 }).device?.usdPerHour, 3);
});

test("weights take what their format takes, and as published where nothing is said", () => {
  const bytes = (name: string, options = {}) => of(name, options).memory.weightBytes;
  assert.equal(bytes("llama-3.1-8b"), 2 * 8_030_261_248);
  assert.equal(bytes("llama-3.1-8b", { weights: "f32" }), 4 * 8_030_261_248);
  const vectors = 65 * 4096; // norms
  const packed = 8_030_261_248 - vectors;
  assert.equal(bytes("llama-3.1-8b", { weights: "q8_0" }), (packed * 34) / 32 + 2 * vectors);
  // gpt-oss: the hub lists 13.76 GB for 20b and 65.25 GB for 120b, experts in MXFP4 and the rest in bf16.
  assert.equal(giga(bytes("gpt-oss-20b"), 1), "13.8");
  assert.equal(giga(bytes("gpt-oss-120b"), 1), "65.2");
  assert.match(of("deepseek-v3").weights, /^as published: linear layers fp8 .*, 9\d\.\d % of all/);
  // Rows of 896 numbers are not of whole groups of 256.
  assert.match(
    of("qwen2.5-0.5b", { weights: "q4_k" }).weights,
    /matrices q4_k \(4\.625 bits\), 2\d/,
  );
});

test("what cannot be told is refused by name", () => {
  const refuses = (options: object, pattern: RegExp, tokens: object = TOKENS) =>
    assert.throws(
      () => whatIf(tokens as typeof TOKENS, options as WhatIfOptions),
      (error: Error) => {
        assert.match(error.message, pattern);
        return error instanceof InputError && error.code === "ERR_OPTION";
      },
    );
  const config = "deepseek-v3";
  refuses({ config: "deepseek-v4" }, /config: expected one of .* Did you mean deepseek-v/);
  refuses({ config: 3 }, /config: expected a name/);
  refuses({}, /config: expected a name/);
  refuses({ config, batches: 2 }, /Did you mean batch/);
  refuses({ config, batch: 0 }, /batch: expected a whole number from 1/);
  refuses({ config, context: Number.NaN }, /context: expected a whole number/);
  refuses({ config, weights: "q4" }, /weights: expected one of .* Did you mean q4_/);
  refuses({ config, cache: "q8_0" }, /cache: expected one of bf16, f32, fp8/);
  refuses({ config, device: "h1000" }, /device: expected one of .* Did you mean h100/);
  refuses({ config, device: { ...DEVICES.h100, bytesPerSecond: 0 } }, /bytesPerSecond/);
  refuses({ config, device: { ...DEVICES.h100, flopsPerSecond: {} } }, /flopsPerSecond.f32/);
  refuses({ config, usdPerHour: 2 }, /usdPerHour: expected a device beside it/);
  refuses({ config, devices: 2 }, /devices: expected a device beside it/);
  refuses({ config }, /Did you mean promptTokens/, { cost: 3 });
  refuses({ config, usdPerHour: -1, device: "h100" }, /usdPerHour/);
  refuses({ config: "gpt2" }, /at most the 1024 positions that gpt2 has, got 4096/);
  refuses({ config }, /promptTokens/, { promptTokens: -1, generatedTokens: 3 });
  refuses({ config }, /generatedTokens/, { promptTokens: 1 });
  refuses({ config }, /a token at least/, { promptTokens: 0, generatedTokens: 0 });
  const quantised = { ...SHIPPED_CONFIGS["llama-3.1-8b"]?.config };
  assert.throws(
    () =>
      whatIf(TOKENS, {
        config: { ...quantised, quantization_config: { quant_method: "gptq", bits: 4 } },
      }),
    /weights of a named dtype beside a quantization_config of "gptq"/,
  );
});
