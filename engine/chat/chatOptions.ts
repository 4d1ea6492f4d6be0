import { checkOptions, type OptionNames, pickOptions } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import {
  GENERATE_OPTIONS,
  type GenerateOptions,
  TEXTS_TOGETHER_OPTIONS,
  type TextsTogetherOptions,
} from "../generate/generateOptions.ts";
import { checkThinking, type ThinkingOptions } from "../generate/thinking/thinkingOptions.ts";
import type { ChatOptions } from "../template/chat.ts";
import { CHAT_OPTIONS } from "../template/chatOptionNames.ts";

/** How long a model may think before it replies, where its template is to let it think. */
export interface ChatThinkingOptions extends ThinkingOptions {
  /** How much, for templates that read `reasoning_effort`. Default: the template's own. */
  readonly effort?: "low" | "medium" | "high";
}

/** How `model.chat` writes the conversation and generates the reply. */
export interface ChatGenerateOptions
  extends Omit<GenerateOptions, "thinking">,
    Omit<ChatOptions, "addGenerationPrompt" | "thinking"> {
  /**
   * Whether the model is to think before it answers, where its template lets one choose; a word for how much, for templates
   * that read `reasoning_effort`; or for how many tokens (docs/thinking.md), which asks the template to let it think.
   * Default: the template's own.
   */
  readonly thinking?: ChatOptions["thinking"] | ChatThinkingOptions;
}

/** How `model.chatAll` replies to its conversations: as `chat` to each. A conversation counts as a prompt. */
export interface ChatAllOptions
  extends Omit<ChatGenerateOptions, "profile">,
    TextsTogetherOptions {}

const { addGenerationPrompt: _, ...OF_A_REPLY } = CHAT_OPTIONS;

const CHAT_GENERATE_OPTIONS: OptionNames<ChatGenerateOptions> = {
  ...OF_A_REPLY,
  ...GENERATE_OPTIONS,
};

const { profile: __, ...OF_EACH } = CHAT_GENERATE_OPTIONS;

export const CHAT_ALL_OPTIONS: OptionNames<ChatAllOptions> = {
  ...OF_EACH,
  ...TEXTS_TOGETHER_OPTIONS,
};

/** Options apart: for the template, for the reply's tokens, and for how sequences go together. */
export interface ApartOptions {
  readonly asked: Omit<ChatOptions, "addGenerationPrompt">;
  readonly generating: GenerateOptions;
  readonly together: TextsTogetherOptions;
}

/** @throws InputError ERR_OPTION for what is no option of a chat */
export function apartOptions(
  what: "chat" | "chatAll",
  options: ChatGenerateOptions | ChatAllOptions,
): ApartOptions {
  checkOptions(what, options, what === "chat" ? CHAT_GENERATE_OPTIONS : CHAT_ALL_OPTIONS);
  const { thinking, ...others } = options;
  const asked = pickOptions(others, CHAT_OPTIONS);
  const generating = pickOptions(others, GENERATE_OPTIONS);
  const together = pickOptions(others as ChatAllOptions, TEXTS_TOGETHER_OPTIONS);
  if (typeof thinking !== "object" || thinking === null) {
    const chosen = thinking === undefined ? {} : { thinking };
    return { asked: { ...asked, ...chosen }, generating, together };
  }
  const { effort, ...rules } = thinking;
  checkThinking(`${what} thinking`, rules);
  if (effort !== undefined && !["low", "medium", "high"].includes(effort))
    throw new InputError(
      "ERR_OPTION",
      `${what} thinking effort: expected "low", "medium" or "high", got ${JSON.stringify(effort)}. Choose one of them, or leave it out.`,
    );
  return {
    asked: { ...asked, thinking: effort ?? true },
    generating: { ...generating, thinking: rules },
    together,
  };
}
