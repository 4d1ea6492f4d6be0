import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { BareCallReply } from "../../engine/chat/bareCallReply.ts";
import type { ChatPiece, ReplyParser } from "../../engine/chat/chatPiece.ts";
import { HarmonyReply } from "../../engine/chat/harmonyReply.ts";
import { replyParser } from "../../engine/chat/replyParser.ts";
import { TaggedReply, type TaggedReplyFormat } from "../../engine/chat/taggedReply.ts";
import {
  deepseekSyntax,
  dsmlSyntax,
  llamaSyntax,
  mistralSyntax,
  qwenSyntax,
} from "../../engine/chat/toolCallSyntax.ts";
import type { ChatTool } from "../../engine/template/chat.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

const tagged = (format: Partial<TaggedReplyFormat> = {}) =>
  new TaggedReply({
    marks: ["<think>", "</think>"],
    startsInReasoning: false,
    mayThink: true,
    trimsNewlines: false,
    syntaxes: [deepseekSyntax, qwenSyntax],
    ...format,
  });

/** The reply in one piece, and cut before every character: neighbours of a kind joined, both must agree. */
function read(make: () => ReplyParser, reply: string): ChatPiece[] {
  const joined = ([whole, single] = [[reply], [...reply]]) =>
    [whole ?? [], single ?? []].map((chunks) => {
      const parser = make();
      const pieces = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
      return pieces.reduce<ChatPiece[]>((list, piece) => {
        const last = list.at(-1);
        if (piece.kind !== "toolCall" && last?.kind === piece.kind)
          list[list.length - 1] = { ...last, text: last.text + piece.text };
        else list.push(piece);
        return list;
      }, []);
    });
  const [whole, single] = joined();
  assert.deepEqual(single, whole);
  return whole as ChatPiece[];
}
const reasoning = (text: string): ChatPiece => ({ kind: "reasoning", text });
const content = (text: string): ChatPiece => ({ kind: "content", text });
const called = (name: string, values: object, argumentsJson?: string): ChatPiece => ({
  kind: "toolCall",
  call: {
    name,
    arguments: { ...values },
    ...(argumentsJson !== undefined && { argumentsJson }),
  },
});

test("reasoning opened by the prompt ends at </think>", () => {
  assert.deepEqual(
    read(() => tagged({ startsInReasoning: true }), "a < b </thin\n</think>c</think>"),
    [reasoning("a < b </thin\n"), content("c</think>")],
  );
});

test("reasoning opened by the reply is told from a <think> that comes later", () => {
  assert.deepEqual(read(tagged, "<think>a</think>b"), [reasoning("a"), content("b")]);
  assert.deepEqual(read(tagged, "a <think>b</think>"), [content("a <think>b</think>")]);
  assert.deepEqual(
    read(() => tagged({ mayThink: false }), "<think>a"),
    [content("<think>a")],
  );
});

test("a reply that ends within its reasoning is reasoning", () => {
  assert.deepEqual(
    read(() => tagged({ startsInReasoning: true }), "a</thi"),
    [reasoning("a</thi")],
  );
});

test("line breaks beside the tags go where the template writes them, and only there", () => {
  const reply = "\n\na\n\nb\n\n</think>\n\nc\n";
  assert.deepEqual(
    read(() => tagged({ startsInReasoning: true, trimsNewlines: true }), reply),
    [reasoning("a\n\nb"), content("c\n")],
  );
  assert.deepEqual(
    read(() => tagged({ startsInReasoning: true }), reply),
    [reasoning("\n\na\n\nb\n\n"), content("\n\nc\n")],
  );
});

test("calls of V3 and R1, of V3.1, of Qwen and of V3.2 are read", () => {
  const json = '{"city": "東京", "n": 1.0}';
  const values = { city: "東京", n: 1 };
  assert.deepEqual(
    read(
      tagged,
      `a<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n\`\`\`json\n${json}\n\`\`\`<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    ),
    [content("a"), called("f", values, json), called("g", {}, "{}")],
  );
  assert.deepEqual(
    read(
      () => tagged({ trimsNewlines: true }),
      `<think>\nt\n</think>\n\nb\n<tool_call>\n{"name": "f", "arguments": ${json}}\n</tool_call>\n<tool_call>\n{"name": "g", "arguments": {}}\n</tool_call>`,
    ),
    [reasoning("t"), content("b"), called("f", values), called("g", {})],
  );
  assert.deepEqual(
    read(
      () => tagged({ startsInReasoning: true, syntaxes: [dsmlSyntax] }),
      't</think>b\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name="f">\n<｜DSML｜parameter name="city" string="true">東京</｜DSML｜parameter>\n<｜DSML｜parameter name="n" string="false">1.0</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
    ),
    [reasoning("t"), content("b"), called("f", values)],
  );
});

test("calls of Mistral are one list to the end of the reply", () => {
  const mistral = () => tagged({ syntaxes: [mistralSyntax] });
  const list =
    '[{"name": "f", "arguments": {"city": "東京]"}}, {"name": "g", "arguments": {}, "id": "a1b2c3d4e"}]';
  const second: ChatPiece = {
    kind: "toolCall",
    call: { name: "g", arguments: {}, id: "a1b2c3d4e" },
  };
  const calls = [called("f", { city: "東京]" }), second];
  assert.deepEqual(read(mistral, `[TOOL_CALLS] ${list}`), calls);
  assert.deepEqual(read(mistral, `[TOOL_CALLS]${list}\n`), calls);
  assert.deepEqual(read(mistral, `I look.[TOOL_CALLS] ${list}`), [content("I look."), ...calls]);
  for (const broken of [
    "[TOOL_CALLS] []",
    '[TOOL_CALLS] [{"name": "f"}]',
    `[TOOL_CALLS] ${list} and`,
    `[TOOL_CALLS] ${list.slice(0, -1)}`,
    "[TOOL_CALLS",
  ])
    assert.deepEqual(read(mistral, broken), [content(broken)]);
});

test("a call of Llama is the whole reply, or stands behind its tag", () => {
  const llama = () => new BareCallReply(tagged({ syntaxes: [llamaSyntax] }));
  const json = '{"name": "f", "parameters": {"city": "東京", "n": 1.0}}';
  const call = called("f", { city: "東京", n: 1 });
  assert.deepEqual(read(llama, json), [call]);
  assert.deepEqual(read(llama, `\n\n${json} \n`), [call]);
  assert.deepEqual(read(llama, json.replace("{", '{ "type" : "function", ')), [call]);
  assert.deepEqual(read(llama, '{"parameters": {}, "name": "f"}'), [called("f", {})]);
  assert.deepEqual(read(llama, `<|python_tag|>${json}`), [call]);
  assert.deepEqual(read(llama, '<|python_tag|>brave_search.call(query="a "b", c", n="1")'), [
    called("brave_search", { query: 'a "b", c', n: "1" }),
  ]);
  for (const text of [
    "",
    " \n",
    `${json}${json}`,
    `Like this: ${json}`,
    json.slice(0, -1),
    json.replace('"parameters"', '"arguments"'),
    json.replace("}}", '}, "age": 1}'),
    '{"name": "Ada", "parameters": 3}',
    '{"a": 1}',
    "{",
    "<|python_tag|>print(1)",
    "<|python_tag|>f.call(1)",
  ])
    assert.deepEqual(read(llama, text), text === "" ? [] : [content(text)], text);
});

test("what cannot be a call of Llama comes as it is written", () => {
  const llama = new BareCallReply(tagged({ syntaxes: [llamaSyntax] }));
  assert.deepEqual(llama.push('{"na'), []);
  assert.deepEqual(llama.push("r"), [content('{"nar')]);
  assert.deepEqual(llama.push("w"), [content("w")]);
});

/** What reads the replies of a model with this template, told that there are tools. */
function readerOf(chatTemplate: string, tools: readonly ChatTool[] = [{ name: "f" }]) {
  const json = (path: string) =>
    JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as JsonObject;
  const tokenizer = new Tokenizer({
    tokenizer: json("../../models/tiny/tokenizer.json"),
    chatTemplate,
  });
  return replyParser(tokenizer, "", { tools });
}

test("the template shows how its model calls, and one that shows none takes no tools", () => {
  const mistral = '{{ tools }}{{ "[TOOL_CALLS] [" }}';
  const llama31 = "{{ tools }}{{- '<|python_tag|>' + tool_call.name }}";
  const llama32 = `{{ tools }}{{- 'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.' }}`;
  assert.deepEqual(
    read(() => readerOf(mistral), '[TOOL_CALLS] [{"name": "f", "arguments": {}}]'),
    [called("f", {})],
  );
  const reply = '{"name": "f", "parameters": {}}';
  for (const template of [llama31, llama32]) {
    assert.deepEqual(
      read(() => readerOf(template), reply),
      [called("f", {})],
    );
    assert.deepEqual(
      read(() => readerOf(template, []), reply),
      [content(reply)],
    );
  }
  for (const template of ["{{ tools }}", "{{ tools }}[TOOL_CALLS]f[ARGS]{}"]) {
    assert.throws(() => readerOf(template), {
      name: "ConfigError",
      code: "ERR_CHAT_OPTION",
      message: /Generate from model\.chatPrompt/,
    });
    assert.deepEqual(
      read(() => readerOf(template, []), reply),
      [content(reply)],
    );
  }
});

const TYPED: readonly ChatTool[] = [
  {
    name: "f",
    parameters: {
      type: "object",
      properties: {
        text: { type: "string" },
        count: { type: "integer" },
        maybe: { anyOf: [{ type: "string" }, { type: "null" }] },
        unit: { enum: ["C", "5"] },
        flags: { type: ["array", "boolean"] },
      },
    },
  },
];

test("GLM's calls have a key and a value in tags for each argument, typed by the tool's schema", () => {
  const lines = "{{ tools }}{{ '\\n<tool_call>' + tc.name }}\n<arg_key>{{ k }}</arg_key>\n";
  const glm = () => readerOf(lines, TYPED);
  const written = [
    ["text", "5", "5"],
    ["text", '"a" <b>\n', '"a" <b>\n'],
    ["count", "5", 5],
    ["count", "5.5", "5.5"],
    ["count", "many", "many"],
    ["maybe", "null", null],
    ["maybe", "7", "7"],
    ["unit", "5", "5"],
    ["flags", "[1, {}]", [1, {}]],
    ["flags", "True", true],
    ["flags", "7", "7"],
    ["other", "7", 7],
    ["other", "True", "True"],
    ["other", "", ""],
  ] as const;
  for (const [key, text, value] of written) {
    const reply = `a\n<tool_call>f\n<arg_key>${key}</arg_key>\n<arg_value>${text}</arg_value>\n</tool_call>`;
    assert.deepEqual(read(glm, reply), [content("a\n"), called("f", { [key]: value })], key);
  }
  const two =
    "<arg_key>text</arg_key><arg_value>x</arg_value><arg_key>count</arg_key><arg_value>2</arg_value>";
  assert.deepEqual(read(glm, `<tool_call>f${two}</tool_call><tool_call>g</tool_call>`), [
    called("f", { text: "x", count: 2 }),
    called("g", {}),
  ]);
  for (const broken of [
    "",
    "f <arg_key>a</arg_key>",
    `f${two}more`,
    '{"name": "f", "arguments": {}}',
  ])
    assert.deepEqual(read(glm, `<tool_call>${broken}</tool_call>`), [
      content(`<tool_call>${broken}</tool_call>`),
    ]);
});

test("GLM's line breaks beside its thinking are the template's", () => {
  const template =
    "{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{{ '\\n<think>' + r + '</think>' }}<tool_call><arg_key>";
  assert.deepEqual(
    read(() => readerOf(template), "\n<think>a\n</think>\nb"),
    [reasoning("a"), content("b")],
  );
});

test("Qwen3-Coder's calls have tags with the names of function and parameters", () => {
  const coder = () => readerOf("{{ '<tool_call>\\n<function=' + tool_call.name + '>\\n' }}", TYPED);
  const parameter = (key: string, value: string) => `<parameter=${key}>\n${value}\n</parameter>\n`;
  const reply = (body: string) => `<tool_call>\n<function=f>\n${body}</function>\n</tool_call>`;
  assert.deepEqual(
    read(
      coder,
      reply(parameter("text", "1\n\n 2") + parameter("count", "3") + parameter("flags", "False")),
    ),
    [called("f", { text: "1\n\n 2", count: 3, flags: false })],
  );
  assert.deepEqual(read(coder, reply("")), [called("f", {})]);
  for (const broken of [reply("text"), '<tool_call>{"name": "f", "arguments": {}}</tool_call>'])
    assert.deepEqual(read(coder, broken), [content(broken)]);
});

test("Kimi's calls carry an id that names the function", () => {
  const kimi = () => readerOf("{{ tools }}<|tool_calls_section_begin|>");
  const one = (id: string, json: string) =>
    `<|tool_call_begin|>${id}<|tool_call_argument_begin|>${json}<|tool_call_end|>`;
  const section = (calls: string) =>
    `<|tool_calls_section_begin|>${calls}<|tool_calls_section_end|>`;
  const call = (name: string, id: string) => ({
    kind: "toolCall",
    call: { name, arguments: { a: 1 }, argumentsJson: '{"a": 1}', id },
  });
  assert.deepEqual(
    read(
      kimi,
      `b${section(one("functions.f:0", '{"a": 1}') + one("functions.a.b:1", '{"a": 1}'))}`,
    ),
    [content("b"), call("f", "functions.f:0"), call("a.b", "functions.a.b:1")],
  );
  for (const broken of [section(one("functions.f", "{}")), section(one("functions.f:0", "1"))])
    assert.deepEqual(read(kimi, broken), [content(broken)]);
});

test("a block that is no call stays content, tags included, and a call may follow it", () => {
  const broken = '<tool_call>{"name": 1}</tool_call>';
  assert.deepEqual(read(tagged, `${broken}x<tool_call>{"name":"f","arguments":{}}</tool_call>`), [
    content(`${broken}x`),
    called("f", {}),
  ]);
});

test("a block that was not closed is read at the end, if it is whole", () => {
  assert.deepEqual(read(tagged, '<tool_call>{"name":"f","arguments":{}}'), [called("f", {})]);
  assert.deepEqual(read(tagged, '<tool_call>{"name":"f","argum'), [
    content('<tool_call>{"name":"f","argum'),
  ]);
});

test("harmony's channels become reasoning, content and calls", () => {
  assert.deepEqual(
    read(
      () => new HarmonyReply(),
      '<|channel|>analysis<|message|>think <| it<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>',
    ),
    [reasoning("think <| it"), content("I look."), called("f", { a: 1 }, '{"a":1}')],
  );
  assert.deepEqual(
    read(
      () => new HarmonyReply(),
      "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b",
    ),
    [reasoning("a"), content("b")],
  );
  assert.deepEqual(
    read(() => new HarmonyReply(), " to=functions.f<|channel|>commentary<|message|>{"),
    [content("{")],
  );
});
