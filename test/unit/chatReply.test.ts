import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatPiece, ReplyParser } from "../../engine/chat/chatPiece.ts";
import { HarmonyReply } from "../../engine/chat/harmonyReply.ts";
import { TaggedReply, type TaggedReplyFormat } from "../../engine/chat/taggedReply.ts";
import { deepseekSyntax, dsmlSyntax, qwenSyntax } from "../../engine/chat/toolCallSyntax.ts";

const tagged = (format: Partial<TaggedReplyFormat> = {}) =>
  new TaggedReply({
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
