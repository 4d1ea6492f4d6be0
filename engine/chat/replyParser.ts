import { ConfigError } from "../base/errors.ts";
import type { ChatOptions, ChatTool } from "../template/chat.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { BareCallReply } from "./bareCallReply.ts";
import type { ReplyParser } from "./chatPiece.ts";
import { glmSyntax } from "./glmSyntax.ts";
import { HarmonyReply } from "./harmonyReply.ts";
import { qwenCoderSyntax } from "./qwenCoderSyntax.ts";
import { TaggedReply } from "./taggedReply.ts";
import {
  deepseekSyntax,
  dsmlSyntax,
  kimiSyntax,
  llamaSyntax,
  mistralSyntax,
  qwenSyntax,
  type ToolCallSyntax,
} from "./toolCallSyntax.ts";

interface ReplyOptions extends Pick<ChatOptions, "template" | "tools"> {
  /** What opens and what ends reasoning, where somebody says it. */
  readonly marks?: readonly [open: string, end: string] | undefined;
}

const THINK = ["<think>", "</think>"] as const;

/**
 * What reads the reply to a prompt. The family shows in the template's text: harmony channels, <think> tags, the tags of tool
 * calls, the form Llama's asks for; DeepSeek-V3.2 has none and its own markup. Where the reply starts shows at the prompt's end.
 * @throws ConfigError ERR_CHAT_OPTION where there are tools and the template shows no form of calls that is known here
 */
export function replyParser(
  tokenizer: Tokenizer,
  prompt: string,
  { template, tools = [], marks: given }: ReplyOptions,
): ReplyParser {
  const source = tokenizer.chatTemplate(template);
  if (given === undefined && source?.includes("<|channel|>")) return new HarmonyReply();
  const syntaxes = source === null ? [dsmlSyntax] : syntaxesOf(source, tools);
  if (tools.length > 0 && syntaxes.length === 0)
    throw new ConfigError(
      "ERR_CHAT_OPTION",
      "chat: expected a chat template that writes tool calls as DeepSeek, Qwen, GLM, Kimi, Mistral, Llama 3.1 or gpt-oss do for tools, got one of another form, whose calls would come back as content. Generate from model.chatPrompt(messages, { tools }) and read the calls from the text.",
    );
  const marks = given ?? THINK;
  const [open] = marks;
  const shows = tokenizer.tokenId(open) !== null || source?.includes(open) === true;
  const tagged = new TaggedReply({
    marks,
    startsInReasoning: prompt.trimEnd().endsWith(open),
    mayThink: shows || given !== undefined,
    trimsNewlines: source !== null && (BREAKS.test(source) || STRIPPED.test(source)),
    syntaxes,
  });
  return tools.length > 0 && syntaxes.includes(llamaSyntax) ? new BareCallReply(tagged) : tagged;
}

/** A template that writes line breaks behind its tags, or takes those away that stand before an answer it shows again. */
const BREAKS = /<\/?think>(?:\n|\\n)/;
const STRIPPED = /'<\/think>'\)[^{}%]*\.lstrip\('\\n'\)/;

function syntaxesOf(source: string, tools: readonly ChatTool[]): ToolCallSyntax[] {
  const inTags = source.includes("<arg_key>")
    ? glmSyntax(tools)
    : source.includes("<function=")
      ? qwenCoderSyntax(tools)
      : qwenSyntax;
  const tagged = [deepseekSyntax, inTags, kimiSyntax, mistralSyntax].filter(({ opens }) =>
    opens.some((open) => source.includes(open)),
  );
  // Mistral's later form, a name and [ARGS] for each call, has the same tag.
  const known = source.includes("[ARGS]") ? tagged.filter((it) => it !== mistralSyntax) : tagged;
  const isLlama =
    source.includes("<|python_tag|>") || /\{"name": [^{}]*"parameters": /.test(source);
  return known.length === 0 && isLlama ? [llamaSyntax] : known;
}
