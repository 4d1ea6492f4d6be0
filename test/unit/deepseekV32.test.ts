import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DSML_CLOSE, DSML_OPEN, readDsml, writeDsml } from "../../engine/chat/dsml.ts";
import type { ChatMessage } from "../../engine/tokenizer/chat.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import type { JsonObject } from "../../engine/weights/checkpoint.ts";

function parsed(path: string): JsonObject {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as JsonObject;
}

/** A tokenizer of a checkpoint of V3.2: no template, and the model's type in config.json. */
const tokenizer = new Tokenizer({
  tokenizer: parsed("../../models/tiny/tokenizer.json"),
  config: { model_type: "deepseek_v32" },
});

interface Golden {
  name: string;
  thinking: boolean;
  messages: ChatMessage[];
  text: string;
}
const golden = parsed("../fixtures/tokenizer/deepseek_v32.json") as unknown as Golden[];

for (const { name, thinking, messages, text } of golden)
  test(`renders as the reference encoder: ${name}, ${thinking ? "thinking" : "chat"}`, () => {
    assert.equal(tokenizer.renderChat(messages, { thinking }), text);
  });

test("the conversation of the published id sequence renders to the text of those ids", () => {
  // [0,128803,33310,128804,128799,19923,3,342,1030,22651,4374,1465,16,1,128803,19,13,19,127252,128804,128798], of which
  // the ids of special tokens are known: 0 and 1 begin and end a sentence, 128803 is the user, 128804 the assistant, 128798
  // and 128799 are the think tags. The others are text.
  const messages = [
    { role: "user", content: "hello" },
    { role: "assistant", reasoning: "A greeting.", content: "Hello! I am DeepSeek." },
    { role: "user", content: "1+1=?" },
  ];
  assert.equal(
    tokenizer.renderChat(messages),
    "<｜begin▁of▁sentence｜><｜User｜>hello<｜Assistant｜></think>Hello! I am DeepSeek.<｜end▁of▁sentence｜><｜User｜>1+1=?<｜Assistant｜><think>",
  );
});

test("reasoning stays through a tool loop and goes with the next user message", () => {
  const loop = golden.filter(({ name, thinking }) => thinking && name.includes("tool loop"));
  const count = (name: string, text: string) =>
    loop.filter((item) => item.name === name && item.text.includes(text)).length;
  assert.equal(count("in the second step of a tool loop", "Which day is it?</think>"), 1);
  assert.equal(count("behind a tool loop", "Which day is it?</think>"), 1);
  assert.equal(count("a new question behind a tool loop", "Which day is it?"), 0);
});

test("tools given as an option stand where the reference has them in a system message", () => {
  const named = (wanted: string) =>
    golden.find(({ name, thinking }) => thinking && name === wanted) as Golden;
  const { messages, text } = named("tools");
  const [system, question] = messages as [ChatMessage, ChatMessage];
  const tools = (system.tools as { function: { name: string } }[]).map((tool) => tool.function);
  const plain = { role: "system", content: system.content ?? "" };
  assert.equal(tokenizer.renderChat([plain, question], { tools }), text);
  const alone = tokenizer.renderChat([question], { tools });
  assert.equal(alone, text.replace("Be brief.", ""));
});

test("without the generation prompt nothing of the assistant's turn is there", () => {
  const question = [{ role: "user", content: "hello" }];
  assert.equal(
    tokenizer.renderChat(question, { addGenerationPrompt: false }),
    "<｜begin▁of▁sentence｜><｜User｜>hello",
  );
});

test("roles, empty developer messages and results without calls are refused", () => {
  const wrong: ChatMessage[][] = [
    [{ role: "critic", content: "no" }],
    [{ role: "developer", content: "" }],
    [{ role: "tool", content: "1" }],
    [
      { role: "user", content: "a" },
      { role: "assistant", content: "", toolCalls: [{ name: "f", arguments: {} }] },
      { role: "tool", content: "1" },
      { role: "tool", content: "2" },
    ],
  ];
  for (const messages of wrong)
    assert.throws(() => tokenizer.renderChat(messages), { name: "InputError", code: "ERR_CHAT" });
});

test("only a checkpoint of V3.2 without a template is rendered so", () => {
  const files = { tokenizer: parsed("../../models/tiny/tokenizer.json") };
  const config = { model_type: "deepseek_v32" };
  assert.equal(tokenizer.hasChatTemplate, true);
  assert.equal(
    new Tokenizer({ ...files, config: { model_type: "deepseek_v3" } }).hasChatTemplate,
    false,
  );
  const own = new Tokenizer({ ...files, config, chatTemplate: "its own" });
  assert.equal(own.renderChat([{ role: "user", content: "a" }]), "its own");
});

test("tool calls written in the markup are read back, and broken markup is told from it", () => {
  const calls = [
    { name: "f", arguments: { text: 'a\n"b" <c> & 1', n: 1.5, on: false, list: [1, { x: null }] } },
    { name: "g", arguments: {} },
  ];
  const block = writeDsml(calls).slice(DSML_OPEN.length, -DSML_CLOSE.length);
  assert.deepEqual(readDsml(block), calls);
  for (const broken of [
    "",
    "text",
    `${block}text`,
    block.replace('string="false">1.5', 'string="false">1.5.2'),
    block.replace('name="f"', "name=f"),
    block.slice(0, -20),
  ])
    assert.equal(readDsml(broken), null, broken);
});
