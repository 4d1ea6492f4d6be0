import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  arithmeticTask,
  type Dictionary,
  type EditRequest,
  evaluate,
  featureActivations,
  features,
  loadDictionary,
  type Model,
  replayEvaluation,
} from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { assertSameBits } from "./compare.ts";
import { openModel, tinyFolder } from "./openModel.ts";

let model: Model;
let dictionary: Dictionary;
let edits: EditRequest[];
before(async () => {
  ({ model } = await openModel("cpu", tinyFolder));
  dictionary = await loadDictionary(
    fileURLToPath(new URL("../../models/tiny-dictionary/", import.meta.url)),
  );
  const run = await model.run("<｜User｜>7+5=?<｜Assistant｜><think>7+5=1");
  const { ids } = await featureActivations(run, dictionary, { positions: [-1], topK: 2 });
  run.dispose();
  edits = [features(dictionary).set(Object.fromEntries([...ids].map((id) => [id, 30])))];
});
after(() => model.dispose());

const CONVERSATIONS = ["7+5-3+8=?", "Define river.", "12-3=?"].map((content) => [
  { role: "user", content },
]);

describe("edits of features", () => {
  it("give the replies of chatAll that chat gives one by one", async () => {
    const options = { edits, temperature: 1.2, maxTokens: 16, seed: 3 };
    const batch = model.chatAll(CONVERSATIONS, options);
    for await (const _ of batch);
    let moved = 0;
    for (const [i, messages] of CONVERSATIONS.entries()) {
      const together = batch.replies[i] ?? assert.fail();
      const alone = model.chat(messages, { ...options, seed: options.seed + i });
      for await (const _ of alone);
      const plain = model.chat(messages, { ...options, edits: [], seed: options.seed + i });
      for await (const _ of plain);
      assert.deepEqual(together.run.record.tokens, alone.run.record.tokens);
      assertSameBits(together.run.logits, alone.run.logits, `logits of reply ${i}`);
      if (plain.generation.text !== alone.generation.text) moved += 1;
      for (const { run } of [together, alone, plain]) run.dispose();
    }
    assert.ok(moved > 0, "the edit does something");
  });

  it("are an arm of an evaluation, with the replies that chat gives, and are replayed from its folder", async (t) => {
    const folder = join(await temporaryFolder(t), "sums");
    const task = arithmeticTask({ n: 4, size: 2, seed: 1 });
    const arms = { whole: [], pushed: edits };
    const { samples } = await evaluate(model, task, {
      ...{ edits: arms, temperature: 0, maxTokens: 16, thinking: [{ budget: 0 }] },
      folder,
    });
    const repliesOf = (arm: string) => samples.filter((row) => row.edits === arm);
    assert.equal(repliesOf("pushed").length, 4);
    for (const row of repliesOf("pushed")) {
      const content = task.samples[row.index]?.question ?? assert.fail();
      const thinking = { budget: 0 };
      const chat = model.chat([{ role: "user", content }], {
        ...{ edits, temperature: 0, maxTokens: 16, thinking },
      });
      for await (const _ of chat);
      assert.equal(row.reply, chat.message.content);
      chat.run.dispose();
    }
    assert.notDeepEqual(
      repliesOf("pushed").map(({ logprob }) => logprob),
      repliesOf("whole").map(({ logprob }) => logprob),
      "the edit does something",
    );
    assert.deepEqual(await replayEvaluation(folder, model, task), {
      ...{ same: true, compared: 8, difference: null, notes: [] },
    });
  });
});
