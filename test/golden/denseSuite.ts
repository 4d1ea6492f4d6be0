import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { loadModel } from "../../engine/index.node.ts";
import { assertClose } from "./compare.ts";

interface GoldenPrompt {
  readonly prompt: string;
  readonly ids: number[];
  readonly last_logits: number[];
  readonly argmax_per_position: number[];
  readonly greedy: number[];
  /** One row per head. */
  readonly attention_last_row_layer0: number[][];
}

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
        const model = await loadModel(name, { backend: backendName });
        assert.deepEqual(model.ignoredTensors, []);
        for (const prompt of golden) {
          const run = await model.run(prompt.prompt, { logits: "all" });
          assert.deepEqual(
            run.tokens.map(({ id }) => id),
            prompt.ids,
          );
          assertClose(run.logits.row(-1).data, prompt.last_logits, 1e-4, "last logits");
          for (const [t, best] of prompt.argmax_per_position.entries()) {
            const { data } = run.logits.row(t);
            assert.equal(data.indexOf(Math.max(...data)), best);
          }
          const rows = await run.get("blocks.0.attn.hook_pattern", { query: -1 });
          const heads = prompt.attention_last_row_layer0.flat();
          assertClose(rows.data, heads, 2e-5, "last attention row");
          const generation = model.generate(prompt.ids, {
            temperature: 0,
            maxTokens: prompt.greedy.length,
          });
          const generated: number[] = [];
          for await (const { id } of generation) generated.push(id);
          generation.run.dispose();
          const ended = prompt.greedy.filter((id) => id !== 1); // the end of a text is no token of it
          assert.deepEqual(generated, ended);
          run.dispose();
        }
        model.dispose();
      });
  });
}
