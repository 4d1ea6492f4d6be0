import { InputError } from "../errors.ts";
import type { GenerateOptions, Model } from "../run/model.ts";
import type { ChatMessage, ChatOptions } from "../tokenizer/chat.ts";
import { ChatGeneration } from "./chatGeneration.ts";
import { replyParser } from "./replyParser.ts";

export interface ChatGenerateOptions
  extends GenerateOptions,
    Omit<ChatOptions, "addGenerationPrompt"> {}

/** @throws as `model.generate`; InputError ERR_CHAT; ConfigError ERR_NO_CHAT_TEMPLATE, ERR_CHAT_TEMPLATE, ERR_CHAT_OPTION */
export function startChat(
  model: Model,
  messages: readonly ChatMessage[],
  options: ChatGenerateOptions,
): ChatGeneration {
  const { tokenizer } = model;
  const prompt = tokenizer.renderChat(messages, options);
  if (messages.at(-1)?.role === "assistant")
    throw new InputError(
      "ERR_CHAT",
      "chat: expected a conversation that waits for the assistant, got one that ends with its message. Put a user's message behind it.",
    );
  const parser = replyParser(tokenizer, prompt, options);
  const generation = model.generate(tokenizer.encodeChat(messages, options), options);
  return new ChatGeneration(prompt, generation, parser);
}
