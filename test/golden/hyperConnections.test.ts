import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Backend } from "../../engine/backend/backend.ts";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import type { LayerSpec, ModelSpec } from "../../engine/model/spec.ts";
import { Model } from "../../engine/model.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { type Golden, readGolden } from "../../scripts/accuracy/golden.ts";
import { siteErrors } from "../../scripts/accuracy/siteErrors.ts";

/** transformers' own layers of DeepSeek-V4 round attention and MLP of Llama: make_hyper_connections.py beside the numbers. */
const golden = await readGolden(
  fileURLToPath(new URL("../fixtures/hyper-connections/golden.safetensors", import.meta.url)),
);

const DIM = 8;

const LAYER: LayerSpec = {
  attention: {
    ...{ kind: "gqa", nHeads: 4, nKvHeads: 2, dHead: DIM, scale: DIM ** -0.5 },
    ...{ qkvBias: false, outBias: false, queryKeyNorm: null },
    ...{ clip: null, sinks: false, window: null },
  },
  rope: 0,
  feedForward: { kind: "dense", dMlp: 28, activation: "swiGlu", bias: false },
  residual: { kind: "hyperConnections", nStreams: 4, sinkhornSteps: 5, eps: 1e-2 },
};

const SPEC: ModelSpec = {
  ...{ architecture: "hyper-connected", nLayers: 3, dModel: 20, nVocab: 47, contextLength: 64 },
  ...{ norm: "rms", normEps: 1e-2, tiedEmbeddings: false, learnedPositions: false },
  ropes: [
    {
      ...{ layout: "half", scaling: "default", dim: DIM, dynamic: null, magnitude: 1 },
      inverseFrequencies: [0, 1, 2, 3].map((j) => 10_000 ** ((-2 * j) / DIM)),
    },
  ],
  layers: [LAYER, LAYER, LAYER],
  mtp: null,
  dtype: "float32",
};

function openGolden(backend: Backend): Model {
  const weights = new Map(
    [...compilePlan(SPEC).weights].map(([name, { shape }]) => {
      const stored = golden.sites.get(name);
      assert.ok(stored, name);
      assert.deepEqual(stored.shape, shape, name);
      const tensor = backend.allocWeight(shape, "f32", name);
      const data = new Uint8Array(stored.data.slice().buffer);
      backend.writeWeight(tensor, 0, { dtype: "f32", data });
      return [name, tensor];
    }),
  );
  return new Model({
    ...{ name: "hyper-connected", location: "", hash: "0", backend, backendReason: "asked for" },
    ...{ spec: SPEC, weights, widenedWeights: new Map(), ignoredTensors: [] },
    ...{ tokenizer: null, eosIds: [] },
    generationConfig: { name: "generation_config.json", fields: {} },
  });
}

/** What was computed, without the weights. */
const computed: Golden = {
  ids: golden.ids,
  sites: new Map([...golden.sites].filter(([name]) => !compilePlan(SPEC).weights.has(name))),
};

/** Share of a site's largest value, or of 1, by which two ways to round in float32 may differ. */
const ROUNDING = 1e-5;

function limitOf(site: string): number {
  const data = computed.sites.get(site)?.data ?? [];
  return ROUNDING * Math.max(1, ...[...data].map(Math.abs));
}

describe("hyper-connections give transformers' streams, weights and logits", () => {
  for (const name of ["reference", "cpu", "webgpu"] as const)
    test(`on ${name}, prefilled and in chunks`, async () => {
      const { backend } = await openBackend(name);
      const model = openGolden(backend);
      for (const chunkSize of [64, 7, 1]) {
        const run = await model.run(golden.ids, { capture: "**", logits: "all", chunkSize });
        const errors = await siteErrors(run, computed, "F32");
        assert.equal(errors.length, 3 * (2 * 3 + 5) + 4);
        const wrong = errors.filter(({ site, difference }) => !(difference < limitOf(site)));
        assert.deepEqual(wrong, []);
        run.dispose();
      }
      model.dispose();
    });
});
