import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { loadModel, type Model } from "../../engine/index.node.ts";
import { assertClose } from "./compare.ts";

interface GoldenPrompt {
  readonly prompt: string;
  readonly ids: number[];
  readonly last_logits: number[];
  readonly argmax_per_position: number[];
  /** By layer, ascending; all positions where there are no more than a query reads. */
  readonly chosen_keys_last_query: number[][];
}

/** The bundled model with sparse attention: logits and chosen keys that transformers computes from its dequantised weights. */
export function tinyV32Suite(backendName: BackendName): void {
  describe(`${backendName}: tiny-v32`, () => {
    const file = new URL("../fixtures/tiny/golden-v32.json", import.meta.url);
    const golden = JSON.parse(readFileSync(file, "utf8")) as GoldenPrompt[];
    const opened: Promise<Model>[] = [];
    const open = () => {
      opened[0] ??= loadModel("tiny-v32", { backend: backendName });
      return opened[0];
    };
    after(async () => (await opened[0])?.dispose());

    for (const { prompt, ids, last_logits, argmax_per_position, chosen_keys_last_query } of golden)
      it(`computes transformers' logits behind ${ids.length} tokens, and chooses the same keys`, async () => {
        const run = await (await open()).run(prompt, { logits: "all", capture: "**" });
        assert.deepEqual(
          run.tokens.map(({ id }) => id),
          ids,
        );
        assertClose(run.logits.row(-1).data, last_logits, 1e-4, "last logits");
        for (const [t, best] of argmax_per_position.entries()) {
          const { data } = run.logits.row(t);
          assert.equal(data.indexOf(Math.max(...data)), best, `position ${t}`);
        }
        for (const [layer, wanted] of chosen_keys_last_query.entries()) {
          const site = `blocks.${layer}.attn.hook_topk_indices`;
          const { data } = await run.get(site, { token: -1 });
          const keys = [...data].filter((key) => key >= 0).sort((a, b) => a - b);
          assert.deepEqual(keys, wanted, `layer ${layer}`);
        }
        run.dispose();
      });

    it("has a prompt of which every layer leaves keys out", () => {
      const long = golden.find(({ ids }) => ids.length > 200);
      assert.ok(long);
      for (const keys of long.chosen_keys_last_query) assert.ok(keys.length < long.ids.length);
    });

    it("uses every tensor of the checkpoint", async () => {
      const { ignoredTensors } = await open();
      assert.deepEqual(ignoredTensors, []);
    });
  });
}
