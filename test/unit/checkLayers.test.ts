import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../engine/base/errors.ts";
import type { LayerSpec, ModelSpec } from "../../engine/model/spec.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { planMtp } from "../../engine/plan/planMtp.ts";
import { mlaOf } from "../fixtures/layers.ts";
import { MIXED_SPEC } from "../fixtures/mixedModel.ts";

const streams = { kind: "hyperConnections", nStreams: 3, sinkhornSteps: 20, eps: 1e-6 } as const;

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
  test("streams that would become one, or another number, behind a layer", () => {
    refuses(
      changed(7, { residual: { kind: "plain" } }),
      /^layers\[7\]\.residual\.kind: expected hyperConnections, as .* before has, got plain\. Only/,
    );
    refuses(
      changed(3, { residual: streams }),
      /^layers\[4\]\.residual\.kind: expected hyperConnections, .* got plain/,
    );
    refuses(
      changed(7, { residual: { ...streams, nStreams: 4 } }),
      /^layers\[7\]\.residual\.nStreams: expected 3, as .* before has, got 4\. Nothing says/,
    );
    compilePlan(changed(5, { residual: streams }));
  });

  test("streams that no hyper-connection has", () => {
    for (const nStreams of [0, 2.5, 17])
      refuses(
        changed(6, { residual: { ...streams, nStreams } }),
        /^layers\[6\]\.residual\.nStreams: expected a whole number from 1 to 16, got/,
      );
    for (const sinkhornSteps of [0, 1.5])
      refuses(
        changed(6, { residual: { ...streams, sinkhornSteps } }),
        /^layers\[6\]\.residual\.sinkhornSteps: expected a whole number from 1, got/,
      );
    for (const eps of [-1e-6, Number.NaN, Infinity])
      refuses(
        changed(6, { residual: { ...streams, eps } }),
        /^layers\[6\]\.residual\.eps: expected a finite number from 0, got/,
      );
  });

  test("a draft module of several streams, which no operator joins", () => {
    const { mtp } = MIXED_SPEC;
    assert.ok(mtp);
    const layer = { ...mtp.layer, residual: streams };
    refuses(
      { ...MIXED_SPEC, mtp: { ...mtp, layer } },
      /^mtp\.layer\.residual\.kind: expected plain, got hyperConnections\. The draft module/,
    );
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
    refuses({ ...MIXED_SPEC, nLayers: 9 }, /^layers: expected nLayers \(9\) of them, got 8/);
  });
});
