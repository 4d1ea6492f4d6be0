import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Generation, GenerationBatch, Model, Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { importCode } from "../fixtures/pageModule.ts";

const PAGE = readFileSync(inRepository("docs/together.md"), "utf8");
const BLOCKS = [...PAGE.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);

interface Page {
  readonly model: Model;
  readonly prompts: readonly string[];
  readonly runs: readonly Run[];
  readonly batch: GenerationBatch;
  readonly first: Generation;
  /** Of each run, and how many of them were shared. */
  readonly edited: readonly Run[];
  /** Texts of the open batch. */
  readonly together: readonly string[];
  readonly tokens: readonly (readonly [number, number])[];
  /** Two turns of a conversation, of which the second began with the first. */
  readonly turn: Generation;
  readonly next: Generation;
}

test("every block of docs/together.md does what the page says", async (t) => {
  assert.equal(BLOCKS.length, 7);
  const built = JSON.stringify(pathToFileURL(inRepository("dist", "index.js")).href);
  const code = `${BLOCKS.join("\n")}\nexport { model, prompts, runs, batch, first, tokens, edited, turn, next, together };\n`;
  const page = (await importCode(t, code.replaceAll('"vitrine"', built))) as Page;
  const { model, prompts, runs, batch, first, tokens, edited, turn, next, together } = page;
  try {
    assert.equal(runs.length, prompts.length);
    assert.equal(next.run.sharedPrefixTokens, turn.run.tokens.length - 1);
    assert.deepEqual(
      batch.generations.map(({ finishReason }) => finishReason),
      prompts.map(() => "length"),
    );
    assert.equal(
      first.run.record.tokens.length,
      model.tokenizer.encode(prompts[0] ?? "").length + 8,
    );
    assert.deepEqual(
      edited.map((run) => run.edits.length),
      prompts.map(() => 2),
    );
    for (const [seed, prompt] of prompts.entries()) {
      const alone = model.generate(prompt, { maxTokens: 8, temperature: 0.8, seed });
      for await (const _ of alone);
      assert.equal(together[seed], alone.text);
      alone.run.dispose();
    }
    const shared = tokens.map(([, nShared]) => nShared);
    assert.equal(shared[0], 0);
    assert.ok(
      shared.slice(1).every((nShared) => nShared > 30),
      shared.join(),
    );
  } finally {
    model.dispose();
  }
});
