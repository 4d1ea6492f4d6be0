import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../engine/base/json.ts";
import type { ChatMessage } from "../../engine/template/chat.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import type { TokenizerFiles } from "../../engine/tokenizer/tokenizerFiles.ts";

const folder = fileURLToPath(new URL("../../models/tiny", import.meta.url));
const tokenizer = await loadTokenizer(folder);

function parsed(name: string): JsonObject {
  return JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as JsonObject;
}

function withTemplate(chat_template: unknown, more: Partial<TokenizerFiles> = {}): Tokenizer {
  return new Tokenizer({
    tokenizer: parsed("tokenizer.json"),
    tokenizerConfig: { ...parsed("tokenizer_config.json"), chat_template },
    ...more,
  });
}

interface Golden {
  templates: Record<string, string>;
  cases: {
    template: string;
    messages: ChatMessage[];
    addGenerationPrompt: boolean;
    variables: Record<string, unknown>;
    text: string;
  }[];
}
const golden = JSON.parse(
  readFileSync(new URL("../fixtures/tokenizer/chat.json", import.meta.url), "utf8"),
) as Golden;

for (const [name, source] of Object.entries(golden.templates))
  test(`conversations read as Python's Jinja writes them: ${name}`, () => {
    const withThis = withTemplate(source);
    const cases = golden.cases.filter(({ template }) => template === name);
    assert.equal(cases.length, 12);
    for (const { messages, addGenerationPrompt, variables, text } of cases)
      assert.equal(withThis.renderChat(messages, { addGenerationPrompt, variables }), text);
  });

const question: ChatMessage[] = [{ role: "user", content: "7+5-3+8=?" }];

test("the default model's conversations have one beginning-of-sequence token, however they are encoded", () => {
  const text = tokenizer.renderChat(question);
  assert.equal(text, "<｜begin▁of▁sentence｜><｜User｜>7+5-3+8=?<｜Assistant｜>");
  const ids = [0, 3, 29, 17, 27, 19, 25, 17, 30, 35, 37, 4];
  assert.deepEqual(tokenizer.encodeChat(question), ids);
  assert.deepEqual(tokenizer.encode(text), ids);
  assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: false }), ids);
});

test("without the generation prompt the assistant's turn is not opened", () => {
  assert.deepEqual(tokenizer.encodeChat(question, { addGenerationPrompt: false }).at(-1), 37);
});

test("one of several named templates is chosen by name", () => {
  const both = withTemplate([
    { name: "default", template: "D{{ messages[0].content }}" },
    { name: "tool_use", template: "T{{ messages[0].content }}" },
  ]);
  assert.equal(both.renderChat(question), "D7+5-3+8=?");
  assert.equal(both.renderChat(question, { template: "tool_use" }), "T7+5-3+8=?");
  assert.throws(() => both.renderChat(question, { template: "none" }), {
    name: "ConfigError",
    code: "ERR_NO_CHAT_TEMPLATE",
    message: /default or tool_use, got "none"/,
  });
});

test("chat_template.jinja goes before the template in tokenizer_config.json", () => {
  assert.equal(withTemplate("config", { chatTemplate: "file" }).renderChat(question), "file");
});

test("a model without template says that it is a base model", () => {
  const base = withTemplate(undefined);
  assert.equal(base.hasChatTemplate, false);
  assert.equal(tokenizer.hasChatTemplate, true);
  assert.throws(() => base.renderChat(question), {
    name: "ConfigError",
    code: "ERR_NO_CHAT_TEMPLATE",
    message: /base model/,
  });
});

test("a template that does not parse is told when it is used, not before", () => {
  const broken = withTemplate("{% for m in messages %}{{ m.content }}");
  assert.throws(() => broken.renderChat(question), {
    name: "ConfigError",
    code: "ERR_CHAT_TEMPLATE",
  });
});

test("what a template refuses is told in its words", () => {
  const strict = withTemplate("{{ raise_exception('roles must alternate') }}");
  assert.throws(() => strict.renderChat(question), {
    name: "InputError",
    code: "ERR_CHAT",
    message: /roles must alternate/,
  });
});

test("messages that are none are refused", () => {
  for (const messages of [[], null, "hi", [null], [{ role: "user" }], [{ role: 1, content: "x" }]])
    assert.throws(() => tokenizer.renderChat(messages as unknown as ChatMessage[]), {
      name: "InputError",
      code: "ERR_CHAT",
    });
});
