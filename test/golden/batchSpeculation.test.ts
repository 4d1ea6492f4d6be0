import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Generation } from "../../engine/index.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: ReturnType<typeof openModel>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder);
  return opened[0];
};
after(async () => (await opened[0])?.model.dispose());

const TEXT =
  "In the beginning God created the heaven and the earth. And the earth was without form";

describe("speculative decoding of several texts together", () => {
  for (const { temperature, draftTokens } of [
    { temperature: 0, draftTokens: 1 },
    { temperature: 1.5, draftTokens: 3 },
  ])
    it(`gives the texts that are drafted alone, at temperature ${temperature}`, async () => {
      const { model, backend } = await open();
      const ids = model.tokenizer.encode(TEXT);
      const head = ids.slice(0, 20);
      const prompts = [0, 1, 2, 3, 4].map((i) => [...head, ...ids.slice(i, 1 + 2 * i)]);
      const sampling = { maxTokens: 6, ignoreEos: true, temperature };
      const options = { ...sampling, speculate: "mtp" as const, draftTokens, logits: [-1, -2] };
      model.freeIdle();
      const before = backend.memory;
      const together = await model.generateAll(prompts, { ...options, seed: 1, atOnce: 4 }).all();
      let nShared = 0;
      for (const [i, prompt] of prompts.entries()) {
        const alone = model.generate(prompt, { ...options, seed: 1 + i });
        for await (const _ of alone);
        const { run, text, acceptance } = together[i] as Generation;
        assert.equal(text, alone.text);
        assert.deepEqual(acceptance, alone.acceptance);
        assert.deepEqual(run.record.tokens, alone.run.record.tokens); // with drafts and log probabilities
        assert.deepEqual(run.logits.data, alone.run.logits.data);
        assert.deepEqual(await run.routing(), await alone.run.routing());
        const decoded = (of: Generation) =>
          of.run
            .cost()
            .tokens.filter(({ phase }) => phase === "decode")
            .map(({ flops, weightBytes }) => [flops, weightBytes]);
        assert.deepEqual(decoded(together[i] as Generation), decoded(alone));
        await run.get("blocks.3.hook_resid_post"); // the replay compares log probabilities
        nShared += run.cost().sharedPrefixTokens;
        run.dispose();
        alone.run.dispose();
      }
      assert.ok(nShared > 0, "nothing was shared");
      model.freeIdle();
      assert.deepEqual(backend.memory, before);
    });
});
