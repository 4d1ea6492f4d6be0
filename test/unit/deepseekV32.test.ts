import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import type { ChatMessage, ChatOptions } from "../../engine/template/chat.ts";
import { DSML_CLOSE, DSML_OPEN, readDsml, writeDsml } from "../../engine/template/dsml.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

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

/** The published ids of the tokens in the conversation below, whose texts the published conversation spells out. */
const PUBLISHED: Record<string, number> = {
  "<｜begin▁of▁sentence｜>": 0,
  "<｜end▁of▁sentence｜>": 1,
  "<think>": 128798,
  "</think>": 128799,
  "<｜User｜>": 128803,
  "<｜Assistant｜>": 128804,
  "!": 3,
  "+": 13,
  ".": 16,
  "1": 19,
  ĠI: 342,
  Ġam: 1030,
  ek: 1465,
  Se: 4374,
  Hello: 19923,
  ĠDeep: 22651,
  hello: 33310,
  "=?": 127252,
};

/** V3's way of cutting text with a vocabulary that has these tokens at their ids, and what their merges go through. */
function publishedTokenizer(): Tokenizer {
  const { tokenizer: family } = parsed(
    "../fixtures/tokenizer/families/deepseek_v3.json",
  ) as unknown as { tokenizer: JsonObject };
  const merges = ["l l", "l o", "H e", "h e", "ll o", "He llo", "he llo", "Ġ I", "a m", "Ġ am"];
  merges.push("S e", "e k", "e p", "Ġ D", "e ep", "ĠD eep", "= ?");
  const vocab: Record<string, number> = {};
  const spelled = Object.keys(PUBLISHED).filter((token) => !token.startsWith("<"));
  const parts = [
    ...spelled.flatMap((token) => [...token]),
    ...merges.map((it) => it.replace(" ", "")),
  ];
  for (const [index, token] of [...new Set(parts)].entries())
    vocab[token] = PUBLISHED[token] ?? 200_000 + index;
  const added = (family.added_tokens as { content: string }[]).map((token) => ({
    ...token,
    id: PUBLISHED[token.content],
  }));
  return new Tokenizer({
    tokenizer: {
      ...family,
      added_tokens: added,
      post_processor: null,
      model: { ...(family.model as JsonObject), vocab, merges },
    },
    config: { model_type: "deepseek_v32" },
  });
}

test("a conversation has the ids that were published for it", () => {
  const published = publishedTokenizer();
  const messages = [
    { role: "user", content: "hello" },
    { role: "assistant", reasoning: "A greeting.", content: "Hello! I am DeepSeek." },
    { role: "user", content: "1+1=?" },
  ];
  const text =
    "<｜begin▁of▁sentence｜><｜User｜>hello<｜Assistant｜></think>Hello! I am DeepSeek.<｜end▁of▁sentence｜><｜User｜>1+1=?<｜Assistant｜><think>";
  assert.equal(published.renderChat(messages), text);
  const ids = published.encodeChat(messages, { thinking: true });
  assert.deepEqual(
    ids,
    [
      0, 128803, 33310, 128804, 128799, 19923, 3, 342, 1030, 22651, 4374, 1465, 16, 1, 128803, 19,
      13, 19, 127252, 128804, 128798,
    ],
  );
  assert.equal(published.decode(ids), text);
});

test("options that the encoding has no place for are refused", () => {
  const question = [{ role: "user", content: "hello" }];
  const wrong: ChatOptions[] = [
    { thinking: "high" },
    { template: "tool_use" },
    { variables: { date_string: "1 May 2026" } },
  ];
  for (const options of wrong)
    for (const write of ["renderChat", "encodeChat"] as const)
      assert.throws(() => tokenizer[write](question, options), {
        name: "ConfigError",
        code: "ERR_CHAT_OPTION",
      });
  assert.equal(
    tokenizer.renderChat(question, { template: "default", variables: {} }),
    tokenizer.renderChat(question),
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
