import { checkFlag, checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { ChatOptions } from "./chat.ts";

export const CHAT_OPTIONS: OptionNames<ChatOptions> = {
  addGenerationPrompt: true,
  template: true,
  tools: true,
  thinking: true,
  variables: true,
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
