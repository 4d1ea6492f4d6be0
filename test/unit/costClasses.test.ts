import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { costClassOf } from "../../engine/cost/costClass.ts";
import { costedOperators } from "../../engine/cost/costedOperators.ts";
import { costOf } from "../../engine/cost/costOf.ts";
import { countParameters } from "../../engine/cost/parameters.ts";
import { type CostRecord, loadModel } from "../../engine/index.node.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { ModelSpec } from "../../engine/model/spec.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { planMtp } from "../../engine/plan/planMtp.ts";
import { MIXED_SPEC } from "../fixtures/mixedModel.ts";
import * as published from "../fixtures/publishedSpecs.ts";

const SPECS: readonly ModelSpec[] = [
  MIXED_SPEC,
  ...Object.values(published).filter((spec): spec is ModelSpec => "layers" in spec),
];

/** Two layers of latent attention, the second with four experts of which two are chosen and one that is shared, and drafts. */
const TOY = normalizeConfig({
  model_type: "deepseek_v3",
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  q_lora_rank: 6,
  kv_lora_rank: 4,
  qk_nope_head_dim: 3,
  qk_rope_head_dim: 2,
  v_head_dim: 5,
  intermediate_size: 7,
  first_k_dense_replace: 1,
  n_routed_experts: 4,
  num_experts_per_tok: 2,
  n_shared_experts: 1,
  moe_intermediate_size: 3,
  n_group: 1,
  topk_group: 1,
  vocab_size: 11,
  max_position_embeddings: 16,
  num_nextn_predict_layers: 0,
  tie_word_embeddings: false,
});

test("every operator of every architecture belongs to a part of the model", () => {
  for (const spec of SPECS) {
    const forms = new Set([uniformForm(spec), expanded(spec)]);
    for (const form of forms)
      for (const op of compilePlan(spec, { form }).ops) assert.ok(costClassOf(op));
    if (spec.mtp === null) continue;
    const drafts = planMtp(spec, { logits: "last" }).ops.map((op) => costClassOf(op));
    assert.deepEqual(new Set(drafts), new Set(["mtp"]));
  }
});

test("an operator of no part is an error, not a free one", () => {
  const [op] = compilePlan(TOY).ops.filter(({ operator }) => operator.kind === "swiGlu");
  assert.ok(op);
  assert.throws(() => costClassOf({ ...op, outputs: ["blocks.0.new.hook"] }), /no class of costs/);
});

test("the parameters of a toy are those that a person counts", () => {
  // Attention of a layer: 8 x 6 query down, its norm 6, 6 x 2(3+2) query up; 8 x (4+2) latent and rotary key, its norm 4;
  // 4 x 2(3+5) keys and values up; 2 x 5 x 8 back: 48 + 6 + 60 + 48 + 4 + 64 + 80 = 310.
  // Experts: gate, up and down of 8 x 3 = 72 each, four of them. Router: 4 x 8 and four biases. Norms: two a layer, one at the end.
  assert.deepEqual(Object.fromEntries(countParameters(TOY).byClass), {
    embedding: 88, // 11 x 8
    norms: 40, // 5 x 8
    attentionProjections: 620, // 2 x 310
    attentionScores: 0,
    router: 36,
    routedExperts: 288, // 4 x 72
    sharedExpert: 72,
    dense: 168, // 3 x 8 x 7
    residual: 0,
    head: 88,
  });
  const { total, active, drafts, activeByClass, byClass } = countParameters(TOY);
  // Of the experts two of four; of the table one row, which is left out; of all else everything.
  assert.deepEqual(
    Object.fromEntries(activeByClass),
    Object.fromEntries([...byClass, ["embedding", 0], ["routedExperts", 144]]),
  );
  assert.equal(total, 1400);
  assert.equal(active, 1400 - 88 - 144); // one row of the table is read, two experts of four
  assert.equal(drafts, 0);
});

test("what a decoded token of the toy takes is what a person counts, part by part", () => {
  const { tokens, classes } = decodedToken(TOY, 9); // it sees ten keys
  assert.deepEqual(
    classes.map(({ costClass, flops, weightBytes, kvReadBytes, kvWriteBytes }) => [
      costClass,
      flops,
      weightBytes,
      kvReadBytes,
      kvWriteBytes,
    ]),
    [
      ["embedding", 0, 2 * 8, 0, 0], // a row, bf16
      ["norms", 2 * 40, 2 * 40, 0, 0],
      ["attentionProjections", 2 * 620, 2 * 620, 0, 0],
      // Absorbed: each of 2 heads meets a key of 4 + 2 and a value of 4, in 2 layers, over 10 keys; the cache is f32.
      ["attentionScores", 2 * 2 * (6 + 4) * 2 * 10, 0, 2 * 10 * 6 * 4, 2 * 6 * 4],
      ["router", 2 * 32, 2 * 36, 0, 0], // the bias is read and only added
      ["routedExperts", 2 * 144, 2 * 144, 0, 0],
      ["sharedExpert", 2 * 72, 2 * 72, 0, 0],
      ["dense", 2 * 168, 2 * 168, 0, 0],
      ["residual", 0, 0, 0, 0],
      ["head", 2 * 88, 2 * 88, 0, 0],
    ],
  );
  assert.equal(tokens[0]?.flops, 2 * (80 / 2 + 620 + 32 + 144 + 72 + 168 + 88) + 800);
});

test("a step of several tokens reads a weight once, and each token has its share", () => {
  const [alone] = decodedToken(TOY, 0).classes.filter(({ costClass }) => costClass === "dense");
  const together = costOf({
    ...paper(TOY),
    routing: routes(3),
    chunks: [
      {
        phase: "prefill",
        start: 0,
        nTokens: 3,
        operators: paper(TOY).decodeOperators,
        durationMs: 1,
      },
    ],
  });
  const dense = together.classes.find(({ costClass }) => costClass === "dense");
  assert.equal(dense?.weightBytes, alone?.weightBytes);
  assert.equal(dense?.flops, 3 * (alone?.flops ?? 0));
  // Tokens 0 and 1 chose experts 0 and 1, token 2 chose 1 and 2: three are read.
  const experts = together.classes.find(({ costClass }) => costClass === "routedExperts");
  assert.equal(experts?.weightBytes, 2 * 72 * 3);
});

test("of a real run, classes add up to tokens and tokens to the run, drafts too", async () => {
  const model = await loadModel("tiny", { backend: "reference" });
  const generation = model.generate("One and one is", {
    maxTokens: 6,
    temperature: 0,
    speculate: "mtp",
    draftTokens: 1,
  });
  for await (const _ of generation);
  const cost = generation.run.cost();
  assertAddsUp(cost);
  const mtp = cost.classes.find(({ costClass }) => costClass === "mtp");
  assert.ok(mtp && mtp.flops > 0);
  assert.equal(mtp.parameters, cost.draftParameters);
  const counted = cost.classes.reduce((sum, { parameters }) => sum + parameters, 0);
  assert.equal(counted, cost.totalParameters + cost.draftParameters);
  assert.equal(mtp.activeParameters, 0);
  const met = cost.classes.reduce((sum, { activeParameters }) => sum + activeParameters, 0);
  assert.equal(met, cost.activeParameters);
  model.dispose();
});

function assertAddsUp(cost: CostRecord): void {
  const quantities = ["flops", "weightBytes", "kvReadBytes", "kvWriteBytes"] as const;
  const width = cost.classes.length * quantities.length;
  assert.equal(cost.byClass.length, cost.tokens.length * width);
  quantities.forEach((quantity, q) => {
    const totals = cost.tokens.map((token, t) => {
      const row = cost.byClass.subarray(t * width, (t + 1) * width);
      const sum = row.reduce((all, value, i) => all + (i % quantities.length === q ? value : 0), 0);
      assert.ok(Math.abs(sum - token[quantity]) <= 1e-12 * sum, `${quantity} of token ${t}`);
      return token[quantity];
    });
    const ofTokens = totals.reduce((a, b) => a + b, 0);
    const ofClasses = cost.classes.reduce((sum, ofClass) => sum + ofClass[quantity], 0);
    assert.ok(ofTokens > 0);
    assert.ok(Math.abs(ofClasses - ofTokens) <= 1e-9 * ofTokens, quantity);
  });
}

function expanded(spec: ModelSpec) {
  return spec.layers.map(({ attention }) => (attention.kind === "mla" ? "expanded" : "gqa"));
}

/** One decoded token behind `start` others. */
function decodedToken(spec: ModelSpec, start: number): CostRecord {
  const { decodeOperators, ...input } = paper(spec);
  const chunk = {
    phase: "decode",
    start: 0,
    nTokens: 1,
    operators: decodeOperators,
    durationMs: 1,
  } as const;
  return costOf({
    ...input,
    decodeOperators,
    routing: routes(start + 1),
    chunks: [{ ...chunk, start }],
  });
}

/** A model of bf16 weights that only exists on paper. */
function paper(spec: ModelSpec) {
  const plan = compilePlan(spec);
  const weights = new Map(
    [...plan.weights].map(([name, { shape }]): [string, DeviceTensor] => [
      name,
      { shape, dtype: "bf16", label: name, sizeBytes: 0 },
    ]),
  );
  const decodeOperators = costedOperators(plan, weights, "f32", { rows: 1, capacity: 16 });
  return { spec, decodeOperators, cacheBytesPerElement: 4 };
}

function routes(nTokens: number) {
  const chosen = Array.from({ length: nTokens }, (_, t) => (t === 2 ? [1, 2] : [0, 1])).flat();
  return {
    layers: [1],
    nTokens,
    nExperts: 4,
    nExpertsPerToken: 2,
    indices: Int32Array.from(chosen),
    weights: new Float32Array(2 * nTokens).fill(0.5),
    entropyBits: new Float32Array(nTokens),
    biasedScores: null,
  };
}
