import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError, VitrineError } from "../../engine/base/errors.ts";
import type { JsonObject } from "../../engine/base/json.ts";
import type { ChatMessage } from "../../engine/template/chat.ts";
import { ChatTemplates } from "../../engine/template/chatTemplates.ts";
import { strftime } from "../../engine/template/jinja/strftime.ts";
import { type Conversation, jinjaGolden as golden } from "../fixtures/tokenizer/jinjaGolden.ts";

const parsed = new Map<string, ChatTemplates>();

/** What a template writes; null where it is refused with an error of ours. Nothing of a conversation is left in the next. */
function render(template: string, conversation: Conversation): string | null {
  const { messages, tools, variables, addGenerationPrompt } = conversation;
  const templates =
    parsed.get(template) ?? new ChatTemplates({ chatTemplate: template }, golden.special);
  parsed.set(template, templates);
  try {
    return templates.render(messages, {
      ...(tools && /\btools\b/.test(template) && { tools }),
      ...(variables && { variables }),
      ...(addGenerationPrompt !== undefined && { addGenerationPrompt }),
    });
  } catch (error) {
    assert.ok(error instanceof VitrineError, String((error as Error).stack));
    assert.match(error.code, /^ERR_CHAT(_TEMPLATE)?$/);
    return null;
  }
}

test("the grid is as large as it should be", () => {
  assert.equal(golden.conversations.length, 20);
  assert.ok(Object.keys(golden.constructs).length >= 160);
  assert.equal(Object.keys(golden.families).length, 7);
});

for (const [name, { template, texts }] of Object.entries(golden.constructs))
  test(`twenty conversations read as Python's Jinja writes them, or both refuse: ${name}`, () => {
    assert.deepEqual(
      golden.conversations.map((conversation) => render(template, conversation)),
      texts,
    );
  });

for (const [name, { template, texts }] of Object.entries(golden.families))
  test(`twenty conversations with tools read as transformers writes them: ${name}`, () => {
    assert.deepEqual(
      golden.conversations.map((conversation) => render(template, conversation)),
      texts,
    );
  });

/** A conversation with calls and reasoning in this engine's own form. */
function inOwnForm(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map(({ tool_calls, reasoning_content, content, ...message }) => ({
    ...message,
    ...(content !== null && content !== undefined && { content }),
    ...(reasoning_content !== undefined && { reasoning: reasoning_content as string }),
    ...(tool_calls !== undefined && {
      toolCalls: (tool_calls as JsonObject[]).map((call) => {
        const { name, arguments: given } = call.function as { name: string; arguments: unknown };
        const id = call.id as string;
        return typeof given === "string"
          ? { id, name, arguments: JSON.parse(given) as JsonObject, argumentsJson: given }
          : { id, name, arguments: given as JsonObject };
      }),
    }),
  }));
}

for (const [name, { template, texts }] of Object.entries(golden.families))
  test(`the same in this engine's own form: ${name}`, () => {
    let nCompared = 0;
    for (const [i, conversation] of golden.conversations.entries()) {
      const { messages } = conversation;
      // No text beside calls is what fits in this form: DeepSeek's tells "" apart, and GLM's writes None.
      const isOther = (content: unknown) =>
        (content === "" && name.startsWith("DeepSeek")) ||
        (content === null && name.startsWith("GLM"));
      const hasOther = messages.some((m) => m.tool_calls !== undefined && isOther(m.content));
      const hasNoCalls = messages.some((m) => Array.isArray(m.tool_calls) && !m.tool_calls.length);
      if (hasNoCalls || hasOther) continue;
      const given = { ...conversation, messages: inOwnForm(messages) };
      assert.equal(render(template, given), texts[i] ?? null, `conversation ${i}`);
      nCompared += 1;
    }
    assert.ok(nCompared >= 16);
  });

function written(template: string, messages: ChatMessage[]): string {
  return new ChatTemplates({ chatTemplate: template }, {}).render(messages, {});
}

function refusal(template: string, messages: ChatMessage[] = [{ role: "user", content: "a" }]) {
  try {
    written(template, messages);
  } catch (error) {
    assert.ok(error instanceof InputError);
    assert.equal(error.code, "ERR_CHAT");
    return error.message;
  }
  return assert.fail(`${template} rendered`);
}

test("what this engine does not know of Jinja is refused by its name", () => {
  assert.match(refusal("{{ 'a' | pprint }}"), /got the filter pprint/);
  assert.match(refusal("{{ 'a'.translate({}) }}"), /got the method translate of a string/);
  assert.match(refusal("{{ (5).bit_length() }}"), /got the attribute bit_length of a int/);
  assert.match(refusal("{% block a %}{% endblock %}"), /got the tag \{% block %\}/);
  assert.match(refusal("{{ strftime_now('%c') }}"), /got %c in a date/);
  assert.match(refusal("{{ '\\N{BULLET}' }}"), /got the escape \\N/);
  assert.match(refusal("{{ ('a' | safe).upper() }}"), /marked as safe/);
  assert.match(refusal("{{ messages[0].items }}"), /function items is written out/);
  assert.match(refusal("{{ messages | map(attribute='role') }}"), /a generator is written out/);
});

test("values that a template could not read are refused, not passed on empty", () => {
  for (const value of [new Date(), new Map([["a", 1]]), () => 1, Symbol("a"), new Uint8Array(2)])
    assert.match(
      refusal("{{ messages[0].more }}", [{ role: "user", content: "a", more: [{ value }] }]),
      /^chat: expected text, numbers, lists and plain objects in a conversation, got a value of the kind/,
    );
});

const call = { name: "f", arguments: { a: "x", n: 2 } };

test("arguments of a call are an object where they are used and text where they are written", () => {
  const turn: ChatMessage[] = [{ role: "assistant", toolCalls: [call] }];
  const args = "messages[0].tool_calls[0].function.arguments";
  const json = '{"a": "x", "n": 2}';
  assert.equal(written(`{{ ${args} }}`, turn), json);
  assert.equal(written(`{{ '<' + ${args} }}`, turn), `<${json}`);
  assert.equal(written(`{{ ${args} ~ '>' }}`, turn), `${json}>`);
  assert.equal(written(`{{ ${args} | trim }}{{ ${args}[:-1] }}`, turn), json + json.slice(0, -1));
  assert.equal(written(`{{ ${args} | tojson }}`, turn), json);
  assert.equal(written(`{{ [${args}] }}`, turn), "[{'a': 'x', 'n': 2}]");
  assert.equal(written(`{% for k in ${args} %}{{ k }}{% endfor %}{{ ${args}.a }}`, turn), "anx");
  assert.equal(written(`{{ ${args} is string }}{{ ${args} is mapping }}`, turn), "FalseTrue");
});

test("arguments that came as text keep their numbers, and are text for who asks", () => {
  const json = '{"b":1.0,"2":10000000000000000000000,"1":[1e2, 3]}';
  const wire: ChatMessage = {
    role: "assistant",
    content: "",
    tool_calls: [{ function: { name: "f", arguments: json } }],
  };
  const own: ChatMessage = {
    role: "assistant",
    toolCalls: [{ name: "f", arguments: JSON.parse(json) as JsonObject, argumentsJson: json }],
  };
  const args = "messages[0].tool_calls[0].function.arguments";
  for (const message of [wire, own]) {
    assert.equal(
      written(`{{ ${args} | tojson }}`, [message]),
      '{"b": 1.0, "2": 10000000000000000000000, "1": [100.0, 3]}',
    );
    assert.equal(
      written(`{{ ${args} if ${args} is string else ${args} | tojson }}`, [message]),
      json,
    );
  }
});

test("an empty content beside calls is what was given, or in this engine's own form whatever fits", () => {
  const source =
    "{{ messages[0].content is none }}{{ messages[0].content is string }}[{{ messages[0].content }}]{{ 'x' in messages[0].content }}";
  const wire = [{ type: "function", function: call }];
  assert.equal(
    written(source, [{ role: "assistant", content: "", tool_calls: wire }]),
    "FalseTrue[]False",
  );
  assert.equal(
    written("{{ messages[0].content is none }}{{ messages[0].content }}", [
      { role: "assistant", content: null, tool_calls: wire },
    ]),
    "TrueNone",
  );
  for (const content of ["", null, undefined])
    assert.equal(
      written(source, [
        { role: "assistant", ...(content !== undefined && { content }), toolCalls: [call] },
      ]),
      "TrueFalse[]False",
    );
});

test("a call in the form of OpenAI's API keeps its fields in their order", () => {
  const tool_calls = [
    { type: "function", id: "1", function: { arguments: { a: 1 }, name: "f", strict: true } },
    { name: "g", arguments: "{}" },
  ];
  assert.equal(
    written("{{ messages[0].tool_calls | tojson }}", [
      { role: "assistant", content: "", tool_calls },
    ]),
    '[{"type": "function", "id": "1", "function": {"arguments": {"a": 1}, "name": "f", "strict": true}}, {"name": "g", "arguments": {}}]',
  );
});

test("a date is written as Python's strftime writes it", () => {
  const date = new Date(2026, 4, 1, 15, 7, 9, 80);
  assert.equal(
    strftime(date, "%d %b %Y|%-d %B %y|%A %a|%H:%M:%S %I %p|%j|%m/%-m|%F %T|%e|%f|%%"),
    "01 May 2026|1 May 26|Friday Fri|15:07:09 03 PM|121|05/5|2026-05-01 15:07:09| 1|080000|%",
  );
  assert.match(written("{{ strftime_now('%Y') }}", [{ role: "user", content: "a" }]), /^\d{4}$/);
});
