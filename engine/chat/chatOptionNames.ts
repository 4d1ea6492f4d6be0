import { checkFlag, checkOptions, type OptionNames } from "../checkOptions.ts";
import { InputError } from "../errors.ts";
import { GENERATE_OPTIONS } from "../run/generateOptions.ts";
import type { ChatOptions } from "../tokenizer/chat.ts";
import type { ChatGenerateOptions } from "./startChat.ts";

export const CHAT_OPTIONS: OptionNames<ChatOptions> = {
  addGenerationPrompt: true,
  template: true,
  tools: true,
  thinking: true,
  variables: true,
};

const { addGenerationPrompt: _, ...OF_A_REPLY } = CHAT_OPTIONS;

export const CHAT_GENERATE_OPTIONS: OptionNames<ChatGenerateOptions> = {
  ...OF_A_REPLY,
  ...GENERATE_OPTIONS,
};

const THINKING: readonly unknown[] = [undefined, true, false, "low", "medium", "high"];

/** @throws InputError ERR_OPTION for a name or a value that no template is given */
export function checkChatOptionNames(what: string, options: ChatOptions): void {
  checkOptions(what, options, CHAT_OPTIONS);
  checkFlag(`${what} addGenerationPrompt`, options.addGenerationPrompt);
  if (!THINKING.includes(options.thinking))
    throw new InputError(
      "ERR_OPTION",
      `${what} thinking: expected true, false, "low", "medium" or "high", got ${JSON.stringify(options.thinking)}. Leave it out for the template's own choice.`,
    );
}
