import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../engine/base/errors.ts";
import type { LayerSpec, ModelSpec } from "../../engine/model/spec.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { planMtp } from "../../engine/plan/planMtp.ts";
import { mlaOf } from "../fixtures/layers.ts";
import { MIXED_SPEC } from "../fixtures/mixedModel.ts";

function changed(layer: number, change: Partial<LayerSpec>): ModelSpec {
  const own = MIXED_SPEC.layers[layer] as LayerSpec;
  return { ...MIXED_SPEC, layers: MIXED_SPEC.layers.with(layer, { ...own, ...change }) };
}

function refuses(spec: ModelSpec, message: RegExp): void {
  const isIt = (error: unknown) =>
    error instanceof ConfigError && error.code === "ERR_LAYER" && message.test(error.message);
  assert.throws(() => compilePlan(spec), isIt);
  assert.throws(() => planMtp(spec, { logits: "last" }), isIt);
}

describe("a plan refuses by name", () => {
  test("a residual stream of several, which no operator computes", () => {
    refuses(
      changed(3, { residual: { nStreams: 4 } }),
      /^layers\[3\]\.residual\.nStreams: expected 1, got 4\. No operator/,
    );
    const { mtp } = MIXED_SPEC;
    assert.ok(mtp);
    const layer = { ...mtp.layer, residual: { nStreams: 2 } };
    refuses({ ...MIXED_SPEC, mtp: { ...mtp, layer } }, /^mtp\.layer\.residual\.nStreams: /);
  });

  test("a rotation that there is not", () => {
    refuses(changed(0, { rope: 3 }), /^layers\[0\]\.rope: expected null or .* of 3 ropes, got 3/);
  });

  test("latent attention that turns other dims than it has for that, or none", () => {
    refuses(changed(2, { rope: null }), /^layers\[2\]\.rope: .* dRope \(4\) dims, got null/);
    refuses(changed(2, { rope: 0 }), /^layers\[2\]\.rope: .* dRope \(4\) dims, got one of 8/);
    compilePlan(changed(2, { attention: { ...mlaOf(MIXED_SPEC, 2), dRope: 8 }, rope: 0 }));
  });

  test("a rotation that is wider than the layer's heads", () => {
    const [layer] = MIXED_SPEC.layers;
    assert.ok(layer?.attention.kind === "gqa");
    const narrow = { ...layer.attention, dHead: 6 };
    refuses(
      changed(0, { attention: narrow }),
      /^layers\[0\]\.rope: .* dHead \(6\) dims, got one of 8/,
    );
  });

  test("fewer layers than the model has", () => {
    refuses({ ...MIXED_SPEC, nLayers: 7 }, /^layers: expected nLayers \(7\) of them, got 6/);
  });
});
