import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ReplyParser } from "./chatPiece.ts";
import { HarmonyReply } from "./harmonyReply.ts";
import { TaggedReply } from "./taggedReply.ts";
import { deepseekSyntax, dsmlSyntax, qwenSyntax } from "./toolCallSyntax.ts";

/**
 * What reads the reply to a prompt. The family shows in the template's text: harmony channels, <think> tags, the tags of tool
 * calls; DeepSeek-V3.2 has none and its own markup. Where the reply starts shows at the prompt's end.
 */
export function replyParser(
  tokenizer: Tokenizer,
  prompt: string,
  template: string | undefined,
): ReplyParser {
  const source = tokenizer.chatTemplate(template);
  if (source?.includes("<|channel|>")) return new HarmonyReply();
  return new TaggedReply({
    startsInReasoning: prompt.trimEnd().endsWith("<think>"),
    mayThink: tokenizer.tokenId("<think>") !== null || source?.includes("<think>") === true,
    trimsNewlines: source !== null && /<\/?think>(?:\n|\\n)/.test(source),
    syntaxes:
      source === null
        ? [dsmlSyntax]
        : [deepseekSyntax, qwenSyntax].filter(({ opens }) =>
            opens.some((open) => source.includes(open)),
          ),
  });
}
