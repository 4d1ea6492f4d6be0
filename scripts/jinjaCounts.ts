/**
 * Counts how often @huggingface/jinja renders the conversations of test/unit/jinja.test.ts otherwise than transformers does:
 * the reason why this engine has its own Jinja.
 *   npx tsx scripts/jinjaCounts.ts
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Template } from "@huggingface/jinja";
import type { ChatMessage, ChatTool } from "../engine/tokenizer/chat.ts";
import { inRepository } from "./build/repository.ts";

interface Conversation {
  messages: ChatMessage[];
  tools?: ChatTool[];
  variables?: Record<string, unknown>;
  addGenerationPrompt?: boolean;
}
type Grid = Record<string, { template: string; texts: (string | null)[] }>;
interface Golden {
  special: Record<string, string>;
  conversations: Conversation[];
  constructs: Grid;
  families: Grid;
}

const golden = JSON.parse(
  gunzipSync(readFileSync(inRepository("test/fixtures/tokenizer/jinja.json.gz"))).toString(),
) as Golden;

/** Arguments of calls as the goldens' generator gives them: text where the template adds or asks for text, else an object. */
function withArguments(message: ChatMessage, template: string): unknown {
  if (!Array.isArray(message.tool_calls)) return message;
  const asksForText = /arguments['"\]]* is (not )?string/.test(template);
  const addsText = /\+ tool\['function'\]\['arguments'\]/.test(template);
  const argumentsOf = (given: unknown) => {
    if (asksForText) return given;
    if (addsText) return typeof given === "string" ? given : JSON.stringify(given);
    return typeof given === "string" ? JSON.parse(given) : given;
  };
  const calls = message.tool_calls as { function: { arguments: unknown } }[];
  return {
    ...message,
    tool_calls: calls.map((call) => ({
      ...call,
      function: { ...call.function, arguments: argumentsOf(call.function.arguments) },
    })),
  };
}

/** What the library writes of the same values that transformers was given; null where it refuses. */
function render(template: string, conversation: Conversation): string | null {
  const { messages, tools, variables, addGenerationPrompt } = conversation;
  try {
    return new Template(template).render({
      ...golden.special,
      ...(tools && /\btools\b/.test(template) && { tools }),
      ...variables,
      messages: messages.map((message) => withArguments(message, template)),
      add_generation_prompt: addGenerationPrompt ?? true,
    });
  } catch {
    return null;
  }
}

const counts = { equal: 0, otherText: 0, renderedThoughRefused: 0, refusedThoughRendered: 0 };
for (const { template, texts } of Object.values({ ...golden.constructs, ...golden.families }))
  for (const [index, conversation] of golden.conversations.entries()) {
    const [expected, got] = [texts[index] ?? null, render(template, conversation)];
    if (got === expected) counts.equal += 1;
    else if (expected === null) counts.renderedThoughRefused += 1;
    else if (got === null) counts.refusedThoughRendered += 1;
    else counts.otherText += 1;
  }
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
process.stdout.write(
  `of ${total} renderings: ${counts.equal} as transformers, ${counts.otherText} other texts, ` +
    `${counts.renderedThoughRefused} rendered that transformers refuses, ` +
    `${counts.refusedThoughRendered} refused that transformers renders\n`,
);
