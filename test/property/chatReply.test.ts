import assert from "node:assert/strict";
import { test } from "node:test";
import { BareCallReply } from "../../engine/chat/bareCallReply.ts";
import { TaggedReply } from "../../engine/chat/taggedReply.ts";
import { TagScanner } from "../../engine/chat/tagScanner.ts";
import {
  deepseekSyntax,
  dsmlSyntax,
  llamaSyntax,
  mistralSyntax,
  qwenSyntax,
} from "../../engine/chat/toolCallSyntax.ts";
import fc from "../fixtures/fastCheck.ts";

/** Text in which tags and their beginnings abound. */
const text = fc
  .array(
    fc.constantFrom(
      "a",
      "\n",
      "<",
      "</",
      "<think>",
      "</think>",
      "<tool_call>",
      '{"name":"f","arguments":{}}',
      "</tool_call>",
      "<｜tool▁calls▁begin｜>",
      "<｜tool▁call▁begin｜>",
      "g<｜tool▁sep｜>{}",
      "<｜tool▁call▁end｜>",
      "<｜tool▁calls▁end｜>",
      "\n\n<｜DSML｜function_calls>",
      "[TOOL_CALLS]",
      '[{"name":"f","arguments":{}}]',
      "<|python_tag|>",
      '{"name":"f","parameters":{}}',
      "😀",
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(""));

/** The same text cut anywhere, also within characters of two units. */
const cutText = fc.tuple(text, fc.array(fc.nat(200), { maxLength: 20 })).map(([whole, cuts]) => {
  const at = [0, ...cuts.filter((cut) => cut < whole.length), whole.length].sort((a, b) => a - b);
  return { whole, chunks: at.slice(1).map((end, i) => whole.slice(at[i], end)) };
});

const TAGS = ["<think>", "</think>", "\n\n<｜DSML｜function_calls>", "<｜DSML｜function_calls>"];

test("the scanner loses nothing and never gives a part of a tag as text before the whole is there", () => {
  fc.assert(
    fc.property(cutText, ({ whole, chunks }) => {
      const scanner = new TagScanner();
      let rebuilt = "";
      const tags: string[] = [];
      for (const chunk of chunks) {
        scanner.push(chunk);
        for (;;) {
          const { text: before, tag } = scanner.read(TAGS);
          assert.ok(TAGS.every((known) => !before.includes(known)));
          rebuilt += before + (tag ?? "");
          if (tag === null) break;
          tags.push(tag);
        }
      }
      assert.equal(rebuilt + scanner.flush(), whole);
      assert.deepEqual(
        tags,
        whole.match(/<\/?think>|\n\n<｜DSML｜function_calls>|<｜DSML｜function_calls>/g) ?? [],
      );
    }),
    { numRuns: 1000 },
  );
});

test("a reply reads alike however it is cut", () => {
  const formats = fc.record({
    marks: fc.constant(["<think>", "</think>"] as const),
    startsInReasoning: fc.boolean(),
    mayThink: fc.boolean(),
    trimsNewlines: fc.boolean(),
    syntaxes: fc.subarray([deepseekSyntax, qwenSyntax, dsmlSyntax, mistralSyntax, llamaSyntax]),
    mayBeBare: fc.boolean(),
  });
  fc.assert(
    fc.property(cutText, formats, ({ whole, chunks }, { mayBeBare, ...format }) => {
      const read = (parts: readonly string[]) => {
        const tagged = new TaggedReply(format);
        const parser = mayBeBare ? new BareCallReply(tagged) : tagged;
        const pieces = [...parts.flatMap((part) => parser.push(part)), ...parser.end()];
        const joined = (kind: string) =>
          pieces
            .map((piece) => (piece.kind === kind && "text" in piece ? piece.text : ""))
            .join("");
        return {
          reasoning: joined("reasoning"),
          content: joined("content"),
          calls: pieces.filter(({ kind }) => kind === "toolCall"),
        };
      };
      assert.deepEqual(read(chunks), read([whole]));
    }),
    { numRuns: 2000 },
  );
});

test("no piece of reasoning or content holds a tag that was met", () => {
  fc.assert(
    fc.property(cutText, ({ chunks }) => {
      const parser = new TaggedReply({
        marks: ["<think>", "</think>"],
        startsInReasoning: true,
        mayThink: true,
        trimsNewlines: false,
        syntaxes: [],
      });
      const pieces = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
      const thought = pieces.filter(({ kind }) => kind === "reasoning");
      assert.ok(thought.every((piece) => !("text" in piece && piece.text.includes("</think>"))));
    }),
  );
});
