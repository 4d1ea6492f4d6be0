import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { loadModel } from "../../engine/index.node.ts";
import { type GoldenPrompt, holdToTransformers } from "./holdToTransformers.ts";

const file = new URL("../fixtures/tiny-zero/golden.json", import.meta.url);
const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, GoldenPrompt[]>;

/** The model that rewards alone have taught, at three ages: transformers' logits, and what it writes greedily. */
export function tinyZeroSuite(backendName: BackendName): void {
  describe(`${backendName}: tiny-zero`, () => {
    for (const [name, prompts] of Object.entries(golden))
      it(`computes transformers' logits of ${name}, and writes what it writes`, async () => {
        assert.equal(prompts.length, 3);
        const model = await loadModel(name, { backend: backendName });
        for (const prompt of prompts) await holdToTransformers(model, prompt);
        model.dispose();
      });
  });
}
