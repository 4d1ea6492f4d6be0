import assert from "node:assert/strict";
import { test } from "node:test";
import { remoteModel } from "../../engine/index.node.ts";
import { serveTiny, toolModelFolder } from "../fixtures/serve/servedModel.ts";

const QUESTION = [{ role: "user", content: "7+5-3+8=?" }];

test("remoteModel gets from this server what the engine gives without it", async (t) => {
  const { model, url } = await serveTiny(t);
  const remote = remoteModel({ baseUrl: `${url}/v1`, model: "tiny" });
  assert.deepEqual(await remote.models(), ["tiny"]);
  const options = { temperature: 1, seed: 6, maxTokens: 12, topLogprobs: 2 };
  const alone = model.chat(QUESTION, options);
  for await (const _ of alone);
  for (const stream of [true, false]) {
    const chat = remote.chat(QUESTION, { ...options, stream });
    for await (const _ of chat);
    assert.deepEqual(chat.message, alone.message);
    assert.deepEqual(
      chat.tokens.map(({ logprob }) => logprob),
      alone.tokens.map(({ logprob }) => logprob),
    );
    assert.equal(chat.usage.outputTokens, alone.tokens.length);
    assert.equal(chat.usage.inputTokens, model.tokenizer.encodeChat(QUESTION).length);
  }
  const text = model.generate("And God said", options);
  for await (const _ of text);
  const generation = remote.generate("And God said", options);
  for await (const _ of generation);
  assert.equal(generation.text, text.text);
  alone.run.dispose();
  text.run.dispose();
});

test("remoteModel calls functions through this server", async (t) => {
  const folder = await toolModelFolder(t, "The sum is 5.");
  const { url } = await serveTiny(t, {}, { folder });
  const remote = remoteModel({ baseUrl: `${url}/v1`, model: "tiny" });
  const tools = [{ name: "add", parameters: { type: "object" } }];
  const question = [{ role: "user", content: "What is 2 + 3?" }];
  const asked = remote.chat(question, { tools });
  for await (const _ of asked);
  const [call] = asked.message.toolCalls;
  assert.deepEqual([call?.name, call?.arguments], ["add", { a: 2, b: 3 }]);
  const result = { role: "tool", content: "5", tool_call_id: call?.id };
  const answered = remote.chat([...question, asked.message, result], { tools });
  for await (const _ of answered);
  assert.equal(answered.message.content, "The sum is 5.");
});
