import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { loadModel } from "../../engine/index.node.ts";
import { type GoldenPrompt, holdToTransformers } from "./holdToTransformers.ts";

const MODELS = {
  "tiny-dense": "golden-dense.json",
  "tiny-dense-scratch": "golden-dense-scratch.json",
};

/** The dense twins of the default model: what transformers computes from the same checkpoints. */
export function denseSuite(backendName: BackendName): void {
  describe(`${backendName}: the dense twins`, () => {
    for (const [name, file] of Object.entries(MODELS))
      it(`${name} computes transformers' logits and attention from its name alone`, async () => {
        const golden = JSON.parse(
          readFileSync(new URL(`../fixtures/tiny/${file}`, import.meta.url), "utf8"),
        ) as GoldenPrompt[];
        assert.equal(golden.length, 3);
        assert.ok(golden.every(({ attention_last_row_layer0: rows }) => rows !== undefined));
        const model = await loadModel(name, { backend: backendName });
        assert.deepEqual(model.ignoredTensors, []);
        for (const prompt of golden) await holdToTransformers(model, prompt);
        model.dispose();
      });
  });
}
