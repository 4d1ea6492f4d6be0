import { ConfigError } from "../base/errors.ts";
import type { ChatOptions } from "./chat.ts";

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

/**
 * Refuses what DeepSeek-V3.2's own encoding, which is no template, has no place for.
 * @throws ConfigError ERR_CHAT_OPTION
 */
export function checkDeepseekV32Options({ template, thinking, variables = {} }: ChatOptions): void {
  if (template !== undefined && template !== "default")
    throw refusal(
      `template ${JSON.stringify(template)}`,
      "a chat template of that name",
      "Leave the option out: DeepSeek-V3.2 has one encoding.",
    );
  if (typeof thinking === "string")
    throw refusal(
      `thinking ${JSON.stringify(thinking)}`,
      "a chat template that reads reasoning_effort",
      "Pass true or false.",
    );
  const [variable] = Object.keys(variables);
  if (variable !== undefined)
    throw refusal(
      `the variable ${JSON.stringify(variable)}`,
      "a chat template that reads variables",
      "Put it into a message: DeepSeek-V3.2 has an encoding of its own.",
    );
}

function refusal(option: string, expected: string, fix: string): ConfigError {
  return new ConfigError(
    "ERR_CHAT_OPTION",
    `chat: expected ${expected} for ${option}, got one without. ${fix}`,
  );
}
