import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { InputError } from "../../base/errors.ts";

/** Thinking that has come to its end mark. */
export interface ThoughtEnd {
  /** Tokens of thinking so far, marks excluded. */
  readonly tokens: number;
  /** What was thought since thinking began last. */
  readonly text: string;
  /** Who ends it: the model, or the budget. */
  readonly ended: "model" | "budget";
}

/** How long a model may think before it answers, and how long it has to. `maxTokens` holds over all of it. */
export interface ThinkingOptions {
  /** Tokens of thinking at most, marks excluded; then the end mark is put there. 0: none. Default: no limit. */
  readonly budget?: number;
  /**
   * Tokens of thinking at least, marks excluded: where the model would end its thinking before, or the text, the tokens of
   * `extend` are put in the place of what it drew. Default 0.
   * @see arXiv:2501.19393
   */
  readonly minimum?: number;
  /** What thinking goes on with. Default "Wait". */
  readonly extend?: string;
  /** The first so many ends of thinking that the model would make are replaced in any case. Default 0. */
  readonly times?: number;
  /**
   * Called where the end mark is to stand. A text that it returns where the model ends its thinking is put in the place of
   * the mark, and thinking goes on; at the budget there is room for none.
   */
  readonly onEnd?: (thought: ThoughtEnd) => string | undefined | Promise<string | undefined>;
  /** What opens and what ends thinking, where it is not what the tokenizer shows; the second is one token. */
  readonly marks?: readonly [open: string, end: string];
}

const THINKING_OPTIONS: OptionNames<ThinkingOptions> = {
  budget: true,
  minimum: true,
  extend: true,
  times: true,
  onEnd: true,
  marks: true,
};

/**
 * @param what the option, for messages: "generate thinking"
 * @throws InputError ERR_OPTION where something is no option, or out of range
 */
export function checkThinking(what: string, options: ThinkingOptions): void {
  checkOptions(what, options, THINKING_OPTIONS);
  const { budget, minimum = 0, extend, times, onEnd, marks } = options;
  checkCount(`${what} budget`, budget, "Leave it out for no limit.");
  checkCount(`${what} minimum`, minimum, "Leave it out for none.");
  checkCount(`${what} times`, times, "Leave it out for none.");
  if (budget !== undefined && minimum > budget)
    throw refusal(
      `${what} minimum`,
      `at most the budget of ${budget}`,
      minimum,
      "Raise the budget, or lower the minimum.",
    );
  if (extend !== undefined && (typeof extend !== "string" || extend === ""))
    throw refusal(`${what} extend`, "text of at least one token", extend, 'Write "Wait", say.');
  if (onEnd !== undefined && typeof onEnd !== "function")
    throw refusal(`${what} onEnd`, "a function", onEnd, "Write ({ tokens, text }) => { ... }.");
  const isMark = (mark: unknown) => typeof mark === "string" && mark !== "";
  if (marks !== undefined && !(Array.isArray(marks) && marks.length === 2 && marks.every(isMark)))
    throw refusal(
      `${what} marks`,
      "two texts, what opens thinking and what ends it",
      marks,
      'Write ["<think>", "</think>"].',
    );
}

function checkCount(what: string, value: unknown, fix: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)) return;
  throw refusal(what, "a whole number of at least 0", value, fix);
}

function refusal(what: string, expected: string, got: unknown, fix: string): InputError {
  const shown = typeof got === "number" ? String(got) : (JSON.stringify(got) ?? typeof got);
  return new InputError("ERR_OPTION", `${what}: expected ${expected}, got ${shown}. ${fix}`);
}
