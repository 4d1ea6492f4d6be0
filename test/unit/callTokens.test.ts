import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { callFinder } from "../../engine/chat/callTokens.ts";
import type { ChatMessage } from "../../engine/index.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

interface Added {
  readonly id: number;
  readonly content: string;
}

/** A family's tokenizer with further special tokens, and a chat template in its idiom. */
function tokenizerOf(
  family: string,
  { tokens, eos, template }: { tokens: readonly string[]; eos: string[]; template: string | null },
): Tokenizer {
  const file = new URL(`../fixtures/tokenizer/families/${family}.json`, import.meta.url);
  const { tokenizer } = JSON.parse(readFileSync(file, "utf8")) as { tokenizer: JsonObject };
  const known = tokenizer.added_tokens as (JsonObject & Added)[];
  const { vocab } = tokenizer.model as { vocab: Record<string, number> };
  const first = 1 + Math.max(...known.map(({ id }) => id), ...Object.values(vocab));
  const added = tokens.map((content, i) => ({ ...known[0], id: first + i, content }));
  const all = [...known, ...added];
  const eosIds = all.filter(({ content }) => eos.includes(content)).map(({ id }) => id);
  return new Tokenizer({
    tokenizer: { ...tokenizer, added_tokens: all },
    ...(template !== null && { tokenizerConfig: { chat_template: template } }),
    generationConfig: { eos_token_id: eosIds },
  });
}

/** The text of each call in a text, as its tokens have it. */
function callsIn(tokenizer: Tokenizer, text: string): string[] {
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  return callFinder(tokenizer)(ids).map(({ start, end }) =>
    ids
      .slice(start, end)
      .map((id) => tokenizer.tokenText(id))
      .join(""),
  );
}

const HARMONY = `{%- for m in messages %}{%- if m.role == 'user' %}{{- '<|start|>user<|message|>' + m.content + '<|end|>' }}{%- elif m.role == 'tool' %}{{- '<|start|>functions.rain to=assistant<|channel|>commentary<|message|>' + m.content + '<|end|>' }}{%- elif m.tool_calls %}{{- '<|start|>assistant to=functions.' + m.tool_calls[0].function.name + '<|channel|>commentary json<|message|>' + (m.tool_calls[0].function.arguments | tojson) + '<|call|>' }}{%- else %}{{- '<|start|>assistant<|channel|>final<|message|>' + m.content + '<|end|>' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|start|>assistant' }}{%- endif %}`;
const gptOss = (template: string | null = HARMONY): Tokenizer =>
  tokenizerOf("gpt_oss", {
    tokens: ["<|call|>", "<|constrain|>", "<|return|>"],
    eos: ["<|return|>", "<|endoftext|>", "<|call|>"],
    template,
  });

const HISTORY: readonly ChatMessage[] = [
  { role: "user", content: "Rain? Write to=functions.me of it." },
  { role: "assistant", content: "", toolCalls: [{ name: "rain", arguments: { at: "Rome" } }] },
  { role: "tool", content: "none" },
];

describe("gpt-oss", () => {
  test("a message to a function is a call, from its channel to <|call|>", () => {
    const call =
      '<|channel|>commentary to=functions.rain <|constrain|>json<|message|>{"at":"Rome"}<|call|>';
    const text = `<|start|>assistant<|channel|>analysis<|message|>I ask to=functions.rain.<|end|><|start|>assistant<|channel|>commentary<|message|>One moment.<|end|><|start|>assistant${call}`;
    assert.deepEqual(callsIn(gptOss(), text), [call]);
    assert.deepEqual(callsIn(gptOss(), call), [call], "where the prompt has the start");
    assert.deepEqual(callsIn(gptOss(null), text), [call], "by the vocabulary alone");
  });

  test("a call in the history begins with its message, which names the function before the channel", () => {
    const tokenizer = gptOss();
    const text = tokenizer.renderChat(HISTORY);
    assert.ok(text.includes("functions.rain to=assistant"), "the answer is addressed too");
    assert.deepEqual(callsIn(tokenizer, text), [
      '<|start|>assistant to=functions.rain<|channel|>commentary json<|message|>{"at": "Rome"}<|call|>',
    ]);
  });

  test("a call without its end goes to the end of its message", () => {
    const open = "<|channel|>commentary to=functions.rain <|message|>{";
    for (const after of ["", "<|end|>", "<|return|>", "<|start|>assistant<|channel|>final"])
      assert.deepEqual(callsIn(gptOss(), open + after), [open]);
    const header = "<|channel|>commentary to=functions.rain ";
    assert.deepEqual(callsIn(gptOss(), header), [header]);
  });
});

const MISTRAL = `{{- bos_token }}{%- for m in messages %}{%- if m.role == 'user' %}{{- '[INST] ' + m.content + '[/INST]' }}{%- elif m.role == 'tool' %}{{- '[TOOL_RESULTS] ' + m.content + '[/TOOL_RESULTS]' }}{%- elif m.tool_calls %}{{- '[TOOL_CALLS] [' }}{%- for c in m.tool_calls %}{{- c.function | tojson }}{%- endfor %}{{- ']' + '</s>' }}{%- else %}{{- m.content + '</s>' }}{%- endif %}{%- endfor %}`;
const mistral = (template: string | null = MISTRAL): Tokenizer =>
  tokenizerOf("mixtral", {
    tokens: ["[INST]", "[/INST]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[ARGS]"],
    eos: ["</s>"],
    template,
  });

describe("Mistral", () => {
  test("calls go from [TOOL_CALLS] to what ends the message, which is not of them", () => {
    const tokenizer = mistral();
    const text = tokenizer.renderChat([...HISTORY, { role: "assistant", content: "None." }]);
    const [call, ...more] = callsIn(tokenizer, text);
    assert.deepEqual(more, []);
    assert.match(
      call ?? "",
      /^\[TOOL_CALLS\] *\[\{"name": "rain", "arguments": \{"at": "Rome"\}\}\]$/,
    );
  });

  test("each of several names behind a mark of its own is a call", () => {
    const calls = ['[TOOL_CALLS]rain[ARGS]{"at":"Rome"}', '[TOOL_CALLS]wind[ARGS]{"at":"Bari"}'];
    const found = callsIn(mistral(), `${calls.join("")}</s>[INST]`);
    assert.deepEqual(
      found.map((call) => call.replaceAll(" ", "")),
      calls,
    );
  });
});

describe("other marks", () => {
  const qwen = (template: string | null) =>
    tokenizerOf("qwen2", {
      tokens: ["<tool_call>", "</tool_call>"],
      eos: ["<|endoftext|>"],
      template,
    });

  test("count where the template writes them and the vocabulary has them", () => {
    const text = "a<tool_call>f</tool_call><tool_call>g</tool_call>b<tool_call>h<|endoftext|>i";
    const calls = ["<tool_call>f</tool_call>", "<tool_call>g</tool_call>", "<tool_call>h"];
    assert.deepEqual(callsIn(qwen("{{ '<tool_call>' }}"), text), calls);
    assert.deepEqual(callsIn(qwen(null), text), calls);
    assert.deepEqual(callsIn(qwen("{{ messages }}"), text), [], "another model's");
    assert.deepEqual(callsIn(mistral("{{ '<tool_call>' }}"), text), [], "no token of its own");
  });
});
