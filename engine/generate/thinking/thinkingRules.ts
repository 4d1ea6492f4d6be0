import { InputError } from "../../base/errors.ts";
import {
  givenMarks,
  knownMarks,
  type ThinkingMarks,
  type ThinkingTokenizer,
} from "./thinkingMarks.ts";
import { checkThinking, type ThinkingOptions, type ThoughtEnd } from "./thinkingOptions.ts";

/** What holds for the thinking of a generation, in token ids. */
export interface ThinkingRules {
  readonly marks: ThinkingMarks;
  /** Infinity: no limit. */
  readonly budget: number;
  readonly minimum: number;
  readonly times: number;
  /** Tokens of what thinking goes on with. */
  readonly extension: readonly number[];
  readonly onEnd: ThinkingOptions["onEnd"];
  /** @throws InputError ERR_THINKING where the text holds the end mark, or is none */
  readonly encode: (what: string, text: string) => readonly number[];
  readonly decode: (ids: readonly number[]) => string;
}

/** The model whose thinking it is. */
interface Thinker {
  readonly name: string;
  readonly nVocab: number;
  readonly tokenizer: ThinkingTokenizer | null;
}

/**
 * @param what the option, for messages
 * @param options undefined: thinking is told apart where the vocabulary shows its marks, and left alone
 * @returns null where no token opens thinking and nothing was asked for
 * @throws InputError ERR_OPTION; ERR_THINKING where the model shows no marks
 */
export function thinkingRules(
  what: string,
  { name, nVocab, tokenizer }: Thinker,
  options: ThinkingOptions | undefined,
): ThinkingRules | null {
  if (options !== undefined) checkThinking(what, options);
  const { budget = Number.POSITIVE_INFINITY, minimum = 0, times = 0, onEnd } = options ?? {};
  const { extend = "Wait", marks: given } = options ?? {};
  const found =
    tokenizer && (given === undefined ? knownMarks(tokenizer) : givenMarks(what, tokenizer, given));
  const marks = found?.close.some((id) => id >= nVocab) ? null : found;
  if (tokenizer === null || marks === null) {
    if (options === undefined) return null;
    const got = tokenizer === null ? "none" : `${name} without them`;
    throw new InputError(
      "ERR_THINKING",
      `${what}: expected a model whose tokenizer has <think> and </think>, or the channels of gpt-oss, got ${got}. Pass marks: [open, end] where it thinks between others, or leave thinking out.`,
    );
  }
  const encode = (where: string, text: string) => {
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    if (ids.length > 0 && ids.every((id) => id !== marks.end && id < nVocab)) return ids;
    throw new InputError(
      "ERR_THINKING",
      `${where}: expected text of at least one token of the model, and not the end of thinking, got ${JSON.stringify(text)}. Write what is to be thought on with.`,
    );
  };
  const replaces = minimum > 0 || times > 0;
  return {
    ...{ marks, budget, minimum, times, onEnd, encode },
    extension: replaces ? encode(`${what} extend`, extend) : [],
    decode: (ids) => tokenizer.decode(ids),
  };
}

/** What `onEnd` says is to be thought on with; null: thinking ends. @throws InputError ERR_THINKING */
export async function askOnEnd(
  { onEnd, encode }: ThinkingRules,
  end: () => ThoughtEnd,
): Promise<readonly number[] | null> {
  if (onEnd === undefined) return null;
  const thought = end();
  const answer: unknown = await onEnd(thought);
  if (answer === undefined) return null;
  if (typeof answer !== "string")
    throw new InputError(
      "ERR_THINKING",
      `thinking onEnd: expected text to think on with, or undefined, got ${JSON.stringify(answer) ?? typeof answer}. Return one of them.`,
    );
  if (thought.ended === "model") return encode("thinking onEnd", answer);
  throw new InputError(
    "ERR_THINKING",
    `thinking onEnd: expected nothing where the budget ends thinking, got ${JSON.stringify(answer)}. Return a text only where ended is "model", or raise the budget.`,
  );
}
