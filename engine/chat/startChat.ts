import { checkOptions, pickOptions } from "../checkOptions.ts";
import { InputError } from "../errors.ts";
import { GENERATE_OPTIONS, type GenerateOptions } from "../run/generateOptions.ts";
import type { Model } from "../run/model.ts";
import type { ChatMessage, ChatOptions } from "../tokenizer/chat.ts";
import { ChatGeneration } from "./chatGeneration.ts";
import { CHAT_GENERATE_OPTIONS, CHAT_OPTIONS } from "./chatOptionNames.ts";
import { replyParser } from "./replyParser.ts";

/** How `model.chat` writes the conversation and generates the reply. */
export interface ChatGenerateOptions
  extends GenerateOptions,
    Omit<ChatOptions, "addGenerationPrompt"> {}

/** @throws as `model.generate`; InputError ERR_CHAT; ConfigError ERR_NO_CHAT_TEMPLATE, ERR_CHAT_TEMPLATE, ERR_CHAT_OPTION */
export function startChat(
  model: Model,
  messages: readonly ChatMessage[],
  options: ChatGenerateOptions,
): ChatGeneration {
  checkOptions("chat", options, CHAT_GENERATE_OPTIONS);
  const { tokenizer } = model;
  const asked = pickOptions(options, CHAT_OPTIONS);
  const prompt = tokenizer.renderChat(messages, asked);
  if (messages.at(-1)?.role === "assistant")
    throw new InputError(
      "ERR_CHAT",
      "chat: expected a conversation that waits for the assistant, got one that ends with its message. Put a user's message behind it.",
    );
  const parser = replyParser(tokenizer, prompt, asked);
  const generation = model.generate(
    tokenizer.encodeChat(messages, asked),
    pickOptions(options, GENERATE_OPTIONS),
  );
  return new ChatGeneration(prompt, generation, parser);
}
