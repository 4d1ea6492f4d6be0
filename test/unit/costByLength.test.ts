import assert from "node:assert/strict";
import { test } from "node:test";
import { classedWeights } from "../../engine/cost/parameters.ts";
import { costByLength } from "../../engine/look/costByLength.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { ModelSpec } from "../../engine/model/spec.ts";
import { shippedConfig } from "../../engine/whatif/shippedConfigs.ts";
import { whatIf } from "../../engine/whatif/whatIf.ts";

/** As a checkpoint in bf16 has them. */
const weightsOf = (spec: ModelSpec) =>
  new Map(classedWeights(spec).map(({ name, shape }) => [name, { shape, dtype: "bf16" as const }]));
const curves = (spec: ModelSpec) => costByLength(spec, weightsOf(spec), "bf16");

const specOf = (name: string) => {
  const shipped = shippedConfig(name);
  assert.ok(shipped);
  return normalizeConfig(shipped.config);
};

test("cost against length is that of the same model on paper, sparse and dense, from 1k to 128k", () => {
  const options = { config: "deepseek-v3.2", weights: "bf16", cache: "bf16" } as const;
  const paper = whatIf({ promptTokens: 1, generatedTokens: 1 }, options);
  const { lengths, denseLengths } = curves(specOf("deepseek-v3.2"));
  assert.deepEqual([lengths[0]?.context, lengths.at(-1)?.context], [1024, 131_072]);
  assert.equal(lengths.length, paper.lengths.length);
  for (const [own, wanted] of [
    [lengths, paper.lengths],
    [denseLengths, paper.denseLengths],
  ] as const) {
    assert.ok(own && wanted);
    for (const [i, { context, flops, weightBytes, kvReadBytes }] of own.entries()) {
      const { seconds: _, ...same } = wanted[i] ?? assert.fail(`no length ${i}`);
      assert.deepEqual([context, kvReadBytes], [same.context, same.kvReadBytes]);
      for (const [got, want] of [
        [flops, same.flops],
        [weightBytes, same.weightBytes],
      ] as const)
        assert.ok(Math.abs(got / want - 1) < 1e-9, `${got}, not ${want}, at ${context}`);
    }
  }
});

test("attention's part of it grows with length without an indexer, and far less with one", () => {
  const { lengths, denseLengths } = curves(specOf("deepseek-v3.2"));
  const times = (of: typeof lengths | null) =>
    (of?.at(-1)?.attentionFlops ?? 0) / (of?.[2]?.attentionFlops ?? 1);
  assert.equal(times(denseLengths), 32, "dense attention is linear in length");
  assert.ok(times(lengths) < 12, `${times(lengths)}`);
});

test("a model without an indexer has no other curve, and a short context has short lengths", () => {
  const { lengths, denseLengths } = curves(specOf("qwen2.5-0.5b"));
  assert.equal(denseLengths, null);
  assert.equal(lengths.at(-1)?.context, 32_768);
  const short = { ...specOf("qwen2.5-0.5b"), contextLength: 5 };
  const few = curves(short).lengths.map(({ context }) => context);
  assert.deepEqual(few, [1, 2, 5]);
});
