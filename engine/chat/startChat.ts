import { InputError } from "../base/errors.ts";
import type { GenerateAllOptions, GenerateOptions } from "../generate/generateOptions.ts";
import type { Generation } from "../generate/generation.ts";
import type { GenerationBatch } from "../generate/generationBatch.ts";
import type { ChatMessage } from "../template/chat.ts";
import { noteOrigin } from "../template/promptOrigin.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { ChatBatch } from "./chatBatch.ts";
import { ChatGeneration } from "./chatGeneration.ts";
import {
  type ApartOptions,
  apartOptions,
  type ChatAllOptions,
  type ChatGenerateOptions,
} from "./chatOptions.ts";
import { Reply } from "./reply.ts";
import { replyParser } from "./replyParser.ts";

/** What a chat needs of a model. */
export interface ChattingModel {
  readonly tokenizer: Tokenizer;
  generate(promptIds: readonly number[], options: GenerateOptions): Generation;
  generateAll(
    prompts: readonly (readonly number[])[],
    options: GenerateAllOptions,
  ): GenerationBatch;
}

/** @throws as `model.generate`; InputError ERR_CHAT; ConfigError ERR_NO_CHAT_TEMPLATE, ERR_CHAT_TEMPLATE, ERR_CHAT_OPTION */
export function startChat(
  model: Pick<ChattingModel, "tokenizer" | "generate">,
  messages: readonly ChatMessage[],
  options: ChatGenerateOptions,
): ChatGeneration {
  const apart = apartOptions("chat", options);
  const { prompt, promptIds, reply } = startReply(model.tokenizer, messages, apart);
  return new ChatGeneration(prompt, model.generate(promptIds, apart.generating), reply);
}

/** @throws as `startChat`; InputError ERR_CHAT where the conversations are no list */
export function startChats(
  model: ChattingModel,
  conversations: readonly (readonly ChatMessage[])[],
  options: ChatAllOptions,
): ChatBatch {
  const apart = apartOptions("chatAll", options);
  if (!Array.isArray(conversations) || !conversations.every((it) => Array.isArray(it)))
    throw new InputError(
      "ERR_CHAT",
      "chatAll: expected a list of conversations, each a list of messages, got something else. Write model.chatAll([messages, ...]).",
    );
  const { tokenizer } = model;
  const starts = conversations.map((messages) => startReply(tokenizer, messages, apart));
  const prompts = starts.map(({ promptIds }) => promptIds);
  return new ChatBatch(
    model.generateAll(prompts, { ...apart.generating, ...apart.together }),
    starts,
  );
}

function startReply(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  { asked, generating }: ApartOptions,
) {
  const prompt = tokenizer.renderChat(messages, asked);
  if (messages.at(-1)?.role === "assistant")
    throw new InputError(
      "ERR_CHAT",
      "chat: expected a conversation that waits for the assistant, got one that ends with its message. Put a user's message behind it.",
    );
  const parser = replyParser(tokenizer, prompt, { ...asked, marks: generating.thinking?.marks });
  const promptIds = tokenizer.encodeChat(messages, asked);
  const encoder = tokenizer.chatEncoder;
  const template = encoder === "jinja" ? (asked.template ?? "default") : null;
  noteOrigin(promptIds, { from: "chat", text: prompt, encoder, template });
  return { prompt, promptIds, reply: new Reply(parser) };
}
