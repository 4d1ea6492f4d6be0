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
}

const file = new URL("../fixtures/tiny-zero/golden.json", import.meta.url);
const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, GoldenPrompt[]>;
const EOS = 1;

/** The model that learnt to think, at three ages: transformers' logits, and what it writes greedily. */
export function tinyZeroSuite(backendName: BackendName): void {
  describe(`${backendName}: tiny-zero`, () => {
    for (const [name, prompts] of Object.entries(golden))
      it(`computes transformers' logits of ${name}, and writes what it writes`, async () => {
        const model = await loadModel(name, { backend: backendName });
        assert.equal(prompts.length, 3);
        for (const prompt of prompts) {
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
          run.dispose();
          const maxTokens = prompt.greedy.length;
          const generation = model.generate(prompt.prompt, { temperature: 0, maxTokens });
          const ids: number[] = [];
          for await (const { id } of generation) ids.push(id);
          assert.deepEqual(
            ids,
            prompt.greedy.filter((id) => id !== EOS),
          );
          generation.run.dispose();
        }
        model.dispose();
      });
  });
}
