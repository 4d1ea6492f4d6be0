import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { ChatBatch } from "../chat/chatBatch.ts";
import type { ChatGeneration } from "../chat/chatGeneration.ts";
import { CHAT_ALL_OPTIONS, type ChatAllOptions } from "../chat/chatOptions.ts";
import type { AssistantMessage } from "../chat/chatPiece.ts";
import type { AnswerState } from "../generate/generation.ts";
import { generationDefaults } from "../generate/generationDefaults.ts";
import type { Thinking } from "../generate/thinking/thinkingState.ts";
import type { ChatMessage } from "../template/chat.ts";

/** What sampling replies needs of a model. */
export interface RepliesModel {
  readonly name: string;
  readonly generationDefaults: { readonly temperature: number };
  chatAll(conversations: readonly (readonly ChatMessage[])[], options: ChatAllOptions): ChatBatch;
}

/** One of several replies. Measured. */
export interface ReplySample {
  /** Of its random numbers: `model.chat` with this seed gives the same reply. */
  readonly seed: number;
  readonly message: AssistantMessage;
  /** Only complete ones count. */
  readonly state: AnswerState;
  readonly thinking: Thinking;
  readonly tokens: {
    /** Generated between the marks of thinking, marks excluded. */
    readonly thinking: number;
    /** The others, without marks, end tokens and what rules put there. */
    readonly answer: number;
  };
  /** Natural log of the probability of the tokens that the model chose, those of thinking too, under the raw logits. */
  readonly logprob: { readonly sum: number; readonly mean: number };
}

/** How replies are generated that are looked at and given away again: as `chatAll` does, but that no run is kept. */
export interface RepliesOptions
  extends Omit<ChatAllOptions, "keep" | "capture" | "logits" | "seeds"> {
  /** Is told how many replies have ended. */
  readonly onProgress?: ProgressListener;
}

/** Several replies to one conversation: the first has the seed that the options say, each other the next one. */
export interface SamplesOptions extends RepliesOptions {
  /** How many, at least 1. */
  readonly n: number;
}

const { keep: _, capture: __, logits: ___, seeds: ____, ...KEPT_FROM } = CHAT_ALL_OPTIONS;

export const REPLIES_OPTIONS: OptionNames<RepliesOptions> = { ...KEPT_FROM, onProgress: true };

export const SAMPLES_OPTIONS: OptionNames<SamplesOptions> = { ...REPLIES_OPTIONS, n: true };

/** @throws InputError ERR_OPTION, also where samples at temperature 0 would all be the same; as `chatAll`; AbortedError */
export async function sampleReplies(
  what: string,
  model: RepliesModel,
  messages: readonly ChatMessage[],
  { n, ...options }: SamplesOptions,
): Promise<readonly ReplySample[]> {
  if (!Number.isSafeInteger(n) || n < 1)
    throw new InputError(
      "ERR_OPTION",
      `${what} n: expected a whole number of at least 1, got ${JSON.stringify(n)}. Write { n: 8 }, say.`,
    );
  if (n > 1 && temperatureOf(model, options) === 0)
    throw new InputError(
      "ERR_OPTION",
      `${what} temperature: expected one above 0 for ${n} samples, got 0. All of them would be the same: pass a temperature, or n: 1.`,
    );
  const conversations = Array.from({ length: n }, () => messages);
  return gatherReplies(what, model, conversations, options);
}

/** One reply to each conversation. @throws as `sampleReplies` */
export async function gatherReplies(
  what: string,
  model: RepliesModel,
  conversations: readonly (readonly ChatMessage[])[],
  { onProgress, ...options }: RepliesOptions,
): Promise<readonly ReplySample[]> {
  const batch = model.chatAll(conversations, { ...options, keep: "nothing" });
  const { replies } = batch;
  const [total, seed] = [replies.length, options.seed ?? 0];
  try {
    let done = -1;
    for await (const _piece of batch) {
      const ended = replies.filter(({ finishReason }) => finishReason !== null).length;
      if (ended > done) onProgress?.({ stage: "replies", done: ended, total, label: what });
      done = ended;
    }
    if (replies.some(({ finishReason }) => finishReason === "aborted")) throw new AbortedError();
    if (done < total) onProgress?.({ stage: "replies", done: total, total, label: what });
    return replies.map((reply, i) => sampleOf(reply, seed + i));
  } finally {
    for (const reply of replies) disposeRun(reply);
  }
}

/** @throws InputError ERR_OPTION where a name is none of them */
export function checkReplyOptions(
  what: string,
  options: object,
  names: Readonly<Record<string, true>>,
): void {
  checkOptions(what, options, names);
  const { onProgress } = options as RepliesOptions;
  if (onProgress === undefined || typeof onProgress === "function") return;
  throw new InputError(
    "ERR_OPTION",
    `${what} onProgress: expected a function, got ${typeof onProgress}. Write (progress) => { ... }.`,
  );
}

function sampleOf(reply: ChatGeneration, seed: number): ReplySample {
  const { message, thinking, answer: state, run } = reply;
  const generated = run.record.tokens.filter(({ phase }) => phase === "generated");
  const chosen = generated.filter(({ forced }) => forced === undefined);
  const sum = chosen.reduce((total, { logprob }) => total + (logprob ?? 0), 0);
  const answer = chosen.filter((token) => token.thinking === undefined).length;
  return {
    seed,
    message,
    state: state ?? "none",
    thinking,
    tokens: { thinking: thinking.tokens, answer },
    logprob: { sum, mean: sum / Math.max(1, chosen.length) },
  };
}

function temperatureOf(
  { generationDefaults: { temperature } }: RepliesModel,
  { temperature: asked, generationConfig }: RepliesOptions,
): number {
  if (asked !== undefined || generationConfig === undefined) return asked ?? temperature;
  return generationDefaults({ name: "generationConfig", fields: generationConfig }, 0).temperature;
}

/** Of a reply that never began there is none. */
function disposeRun({ generation }: ChatGeneration): void {
  try {
    generation.run.dispose();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
}
