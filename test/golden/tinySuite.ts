import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import type { Model } from "../../engine/index.ts";
import { askedSum } from "../fixtures/firstNotebook.ts";
import { assertClose } from "./compare.ts";
import { openModel, tinyFolder } from "./openModel.ts";

interface GoldenPrompt {
  readonly prompt: string;
  readonly ids: number[];
  readonly last_logits: number[];
  readonly argmax_per_position: number[];
  readonly greedy: number[];
  readonly routing_last_token: Record<string, Record<string, number>>;
  /** One row per head. */
  readonly attention_last_row_layer0: number[][];
  /** Of the token after next, behind the last position and its likeliest next token: ids and logits. */
  readonly mtp_top5: readonly [number[], number[]];
  /** L2 norm of the last token's residual stream: the embedding, after each block, after the final norm. */
  readonly hidden_norm_per_layer: number[];
}

const golden = JSON.parse(
  readFileSync(new URL("../fixtures/tiny/golden.json", import.meta.url), "utf8"),
) as GoldenPrompt[];
assert.ok(golden.length >= 3, `${golden.length} prompts`);

/** What the default model must show on every backend: values written down when it was trained, in another implementation. */
export function tinySuite(backendName: BackendName): void {
  describe(`${backendName}: the default model`, () => {
    const opened: Promise<Model>[] = [];
    const open = () => {
      opened[0] ??= openModel(backendName, tinyFolder).then(({ model }) => model);
      return opened[0];
    };
    after(async () => (await opened[0])?.dispose());

    for (const prompt of golden)
      it(`continues ${JSON.stringify(prompt.prompt)} with the logits, routes and attention of its training`, async () => {
        const model = await open();
        const run = await model.run(prompt.prompt, { logits: "all" });
        assert.deepEqual(
          run.record.tokens.map(({ id }) => id),
          prompt.ids,
        );
        assertClose(run.logits.row(-1).data, prompt.last_logits, 2e-4, "last logits");
        const best = prompt.ids.map((_, t) => argmax(run.logits.row(t).data));
        assert.deepEqual(best, prompt.argmax_per_position);
        await assertRoutes(run.routing(), prompt);
        const rows = await run.get("blocks.0.attn.hook_pattern", { query: -1 });
        assertClose(rows.data, prompt.attention_last_row_layer0.flat(), 2e-5, "last attention row");
        const norms = [
          "hook_embed",
          ...[0, 1, 2, 3, 4].map((layer) => `blocks.${layer}.hook_resid_post`),
          "ln_final.hook_normalized",
        ];
        for (const [i, site] of norms.entries()) {
          const { data } = await run.get(site, { token: -1 });
          const norm = Math.hypot(...data);
          const wanted = prompt.hidden_norm_per_layer[i] as number;
          assert.ok(
            Math.abs(norm - wanted) < 1e-4 * wanted,
            `${site}: norm ${norm}, not ${wanted}`,
          );
        }
        run.dispose();
      });

    it("thinks step by step and answers 17 when decoding greedily", async () => {
      const model = await open();
      const generation = model.generate("<｜User｜>7+5-3+8=?<｜Assistant｜>", { temperature: 0 });
      let text = "";
      for await (const token of generation) text += token.text;
      assert.equal(text, "<think>7+5=12\n12-3=9\n9+8=17</think>17");
      assert.equal(generation.text, text);
      assert.equal(generation.finishReason, "stop");
      const { tokens } = generation.run;
      const replayed = await generation.run.get("blocks.3.hook_mlp_out"); // one prefill, the same bits
      assert.deepEqual(replayed.shape, [tokens.length, 192]);
      const generated = tokens.filter((token) => token.phase === "generated");
      assert.deepEqual([...generated.slice(1).map(({ id }) => id), 1], golden[0]?.greedy);
      generation.run.dispose();
    });

    it("thinks the first notebook's last sum out and gets it right", async () => {
      const { question, a, b } = askedSum();
      const model = await open();
      const chat = model.chat([{ role: "user", content: question }], { temperature: 0 });
      for await (const _ of chat);
      const { reasoning, content } = chat.message;
      assert.equal(content, String(a + b));
      assert.equal(reasoning.split("\n").length, String(Math.max(a, b)).length, reasoning);
      chat.run.dispose();
    });

    it("drafts the token after next as it was trained to", async () => {
      const model = await open();
      for (const { ids, mtp_top5 } of golden) {
        const run = await model.run(ids, { capture: "mtp.0.hook_draft_logits" });
        const { data } = await run.get("mtp.0.hook_draft_logits", { token: -1 });
        const [best, logits] = mtp_top5;
        const ranked = [...data.keys()].sort((a, b) => (data[b] as number) - (data[a] as number));
        assert.deepEqual(ranked.slice(0, 5), best);
        assertClose(
          best.map((id) => data[id] as number),
          logits,
          2e-4,
          "draft logits",
        );
        run.dispose();
      }
    });

    it("uses every tensor of the checkpoint", async () => {
      const { ignoredTensors } = await open();
      assert.deepEqual(ignoredTensors, []);
    });
  });
}

async function assertRoutes(
  record: ReturnType<Awaited<ReturnType<Model["run"]>>["routing"]>,
  prompt: GoldenPrompt,
): Promise<void> {
  const { layers, nTokens, nExpertsPerToken: k, indices, weights } = await record;
  assert.deepEqual(layers, Object.keys(prompt.routing_last_token).map(Number));
  layers.forEach((layer, row) => {
    const start = (row * nTokens + nTokens - 1) * k;
    const wanted = Object.entries(prompt.routing_last_token[layer] ?? {});
    assert.equal(wanted.length, k);
    for (const [expert, weight] of wanted) {
      const slot = indices.subarray(start, start + k).indexOf(Number(expert));
      assert.ok(slot >= 0, `layer ${layer} sends the last token to expert ${expert}`);
      assert.ok(Math.abs((weights[start + slot] as number) - weight) < 1e-4);
    }
  });
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++)
    if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
