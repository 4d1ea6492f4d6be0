import { ConfigError } from "../errors.ts";
import type { ChatOptions } from "../tokenizer/chat.ts";

/**
 * Refuses tools and thinking where the template would silently ignore them.
 * @param source the template
 * @throws ConfigError ERR_CHAT_OPTION
 */
export function checkChatOptions({ tools, thinking }: ChatOptions, source: string): void {
  if (tools !== undefined && tools.length > 0 && !/\btools\b/.test(source))
    throw refusal(
      "tools",
      "a chat template with a place for tools",
      "Describe the tools in a system message, in the words the model was trained on.",
    );
  if (typeof thinking === "string" && !source.includes("reasoning_effort"))
    throw refusal(
      `thinking ${JSON.stringify(thinking)}`,
      "a chat template that reads reasoning_effort",
      "Pass true or false.",
    );
  if (thinking === false && !/\b(enable_)?thinking\b/.test(source))
    throw refusal(
      "thinking false",
      "a chat template that can turn thinking off",
      "Leave the option out: the model decides.",
    );
}

function refusal(option: string, expected: string, fix: string): ConfigError {
  return new ConfigError(
    "ERR_CHAT_OPTION",
    `chat: expected ${expected} for ${option}, got one without. ${fix}`,
  );
}
