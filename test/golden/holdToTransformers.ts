import assert from "node:assert/strict";
import type { Model } from "../../engine/index.node.ts";
import { assertClose } from "./compare.ts";

/** What transformers computes of one text. */
export interface GoldenPrompt {
  readonly prompt: string;
  readonly ids: number[];
  readonly last_logits: number[];
  readonly argmax_per_position: number[];
  /** What it writes at temperature 0, the end of the text included where it came. */
  readonly greedy: number[];
  /** One row per head. */
  readonly attention_last_row_layer0?: number[][];
}

const EOS = 1;

/** Ids, logits within 1e-4, the likeliest token of every place, what is written greedily, and attention where it is given. */
export async function holdToTransformers(model: Model, golden: GoldenPrompt): Promise<void> {
  const run = await model.run(golden.prompt, { logits: "all" });
  assert.deepEqual(
    run.tokens.map(({ id }) => id),
    golden.ids,
  );
  assertClose(run.logits.row(-1).data, golden.last_logits, 1e-4, "last logits");
  for (const [t, best] of golden.argmax_per_position.entries()) {
    const { data } = run.logits.row(t);
    assert.equal(data.indexOf(Math.max(...data)), best);
  }
  if (golden.attention_last_row_layer0 !== undefined) {
    const rows = await run.get("blocks.0.attn.hook_pattern", { query: -1 });
    assertClose(rows.data, golden.attention_last_row_layer0.flat(), 2e-5, "last attention row");
  }
  run.dispose();
  const maxTokens = golden.greedy.length;
  const generation = model.generate(golden.ids, { temperature: 0, maxTokens });
  const written: number[] = [];
  for await (const { id } of generation) written.push(id);
  generation.run.dispose();
  assert.deepEqual(
    written,
    golden.greedy.filter((id) => id !== EOS),
  );
}
