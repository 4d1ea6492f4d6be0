import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ARCHITECTURES } from "../../engine/model/architectures/table.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { tensorUses } from "../../engine/model/weightNames.ts";
import { expansionBreakEven, uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { Plan } from "../../engine/plan/plan.ts";
import { mlaOf, uniformForms } from "../fixtures/layers.ts";
import { DEEPSEEK_V3 } from "../fixtures/publishedSpecs.ts";
import { FIXTURES } from "../golden/openModel.ts";

function spec(name: string) {
  const url = new URL(`../fixtures/hf-random/${name}/config.json`, import.meta.url);
  return normalizeConfig(JSON.parse(readFileSync(url, "utf8")));
}

/** Every value is written before it is read, and every name is declared. */
function assertOrdered(plan: Plan): void {
  const written = new Set<string>();
  for (const [name, value] of plan.values)
    if (value.role === "input" || value.role === "table") written.add(name);
  for (const op of plan.ops) {
    for (const name of op.inputs)
      assert.ok(written.has(name), `${op.operator.kind} reads ${name} before it is written`);
    for (const name of op.weights) assert.ok(plan.weights.has(name), name);
    for (const name of op.outputs) {
      assert.ok(plan.values.has(name), name);
      written.add(name);
    }
  }
  assert.ok(written.has("hook_logits"));
  assert.deepEqual(
    [...plan.values.keys()].filter((name) => !written.has(name)),
    [],
  );
}

const kinds = (plan: Plan) => plan.ops.map((op) => op.operator.kind);

describe("compilePlan", () => {
  it("writes every value before it is read, in every form and model", () => {
    for (const form of uniformForms(spec("deepseek_v3")))
      assertOrdered(compilePlan(spec("deepseek_v3"), { form }));
    assertOrdered(compilePlan(spec("deepseek_v3_norope_scaling_qproj")));
    assertOrdered(compilePlan(spec("qwen2")));
    assertOrdered(compilePlan(spec("llama3")));
  });

  it("absorbs MLA's projections by default and expands them on request", () => {
    const absorbed = kinds(compilePlan(spec("deepseek_v3")));
    const form = uniformForm(spec("deepseek_v3"), "expanded");
    const expanded = kinds(compilePlan(spec("deepseek_v3"), { form }));
    assert.equal(absorbed.filter((kind) => kind === "mlaAbsorbQuery").length, 3);
    assert.ok(!absorbed.includes("mlaExpand"));
    assert.equal(expanded.filter((kind) => kind === "mlaExpand").length, 3);
    assert.ok(!expanded.includes("mlaAbsorbQuery"));
  });

  it("unfuses the residual addition in the layer that somebody looks at, and only there", () => {
    const site = "blocks.1.hook_attn_out";
    const plan = compilePlan(spec("llama3"), { observed: new Set([site]) });
    assert.equal(kinds(plan).filter((kind) => kind === "add").length, 1);
    assert.ok(plan.values.has(site));
    assert.ok(!plan.values.has("blocks.0.hook_attn_out"));
    assertOrdered(plan);
  });

  it("reads the embedding table as the head where embeddings are tied", () => {
    assert.ok(!compilePlan(spec("qwen2")).weights.has("unembed"));
    const head = (name: string) =>
      compilePlan(spec(name)).ops.find(({ outputs }) => outputs.includes("hook_logits"));
    assert.deepEqual(head("qwen2")?.weights, ["embed"]);
    assert.deepEqual(head("llama3")?.weights, ["unembed"]);
  });

  it("names exactly the tensors of each reference checkpoint, with their shapes", () => {
    for (const name of FIXTURES) {
      const url = new URL(`../fixtures/hf-random/${name}/names.json`, import.meta.url);
      const shapes: Record<string, number[]> = JSON.parse(readFileSync(url, "utf8"));
      const architecture = ARCHITECTURES.get(spec(name).architecture);
      assert.ok(architecture);
      const uses = tensorUses(compilePlan(spec(name)), architecture.names);
      const named = Object.fromEntries([...uses.values()].map((use) => [use.tensor, use.shape]));
      assert.deepEqual(named, shapes, name);
    }
  });

  it("expands DeepSeek-V3's latent from 171 queries on", () => {
    assert.equal(expansionBreakEven(mlaOf(DEEPSEEK_V3)), 171);
    const wide = { ...mlaOf(DEEPSEEK_V3), dNope: 900 };
    assert.equal(expansionBreakEven(wide), Number.POSITIVE_INFINITY);
  });
});
