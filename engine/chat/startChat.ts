import { checkOptions, type OptionNames, pickOptions } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { GENERATE_OPTIONS, type GenerateOptions } from "../generate/generateOptions.ts";
import type { Generation } from "../generate/generation.ts";
import type { ChatMessage, ChatOptions } from "../template/chat.ts";
import { CHAT_OPTIONS } from "../template/chatOptionNames.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { ChatGeneration } from "./chatGeneration.ts";
import { replyParser } from "./replyParser.ts";

/** How `model.chat` writes the conversation and generates the reply. */
export interface ChatGenerateOptions
  extends GenerateOptions,
    Omit<ChatOptions, "addGenerationPrompt"> {}

const { addGenerationPrompt: _, ...OF_A_REPLY } = CHAT_OPTIONS;

const CHAT_GENERATE_OPTIONS: OptionNames<ChatGenerateOptions> = {
  ...OF_A_REPLY,
  ...GENERATE_OPTIONS,
};

/** What a chat needs of a model. */
export interface ChattingModel {
  readonly tokenizer: Tokenizer;
  generate(promptIds: readonly number[], options: GenerateOptions): Generation;
}

/** @throws as `model.generate`; InputError ERR_CHAT; ConfigError ERR_NO_CHAT_TEMPLATE, ERR_CHAT_TEMPLATE, ERR_CHAT_OPTION */
export function startChat(
  model: ChattingModel,
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
