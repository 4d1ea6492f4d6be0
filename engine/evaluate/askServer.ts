import { AbortedError } from "../base/errors.ts";
import { withPatience } from "../base/withPatience.ts";
import type { RemoteModel } from "../remote/remoteModel.ts";
import type { RemoteChatOptions } from "../remote/remoteOptions.ts";
import type { UsageRecord } from "../trace/schema.ts";
import type { Finished } from "./askModel.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";
import { judged, targetText } from "./judged.ts";
import type { ReplyOptions } from "./replyOptions.ts";
import { sampleSeed } from "./sampleSeed.ts";
import type { ReplyScorer } from "./task.ts";
import type { WorkItem } from "./workItems.ts";

interface Asking {
  readonly model: RemoteModel;
  readonly items: readonly WorkItem[];
  readonly scorer: ReplyScorer;
  readonly seed: number;
  readonly options: ReplyOptions;
  /** Requests that are open at the same time. */
  readonly atOnce: number;
  /** How long a server that is busy or away is asked again. */
  readonly patienceMs: number;
  /** Is told how many replies have ended. */
  readonly onEnded: (count: number) => void;
  /** Returns when the work is on the disk: each reply for itself, as it may have cost something. */
  readonly keep: (finished: readonly Finished[]) => Promise<void>;
}

/** A reply as the server gave it. */
interface Replied {
  readonly text: string;
  readonly reasoning: string;
  readonly finishReason: string;
  readonly usage: UsageRecord;
  /** Null where no token has one. */
  readonly logprob: number | null;
}

/**
 * Has a server reply to samples, several at a time, and the scorer judge the replies. A server that is busy or away is asked again.
 * @throws as `remote.chat` and `remote.generate`; AbortedError ERR_ABORTED; what the scorer throws
 */
export async function askServer(asking: Asking): Promise<Finished[]> {
  const { items, atOnce, onEnded, keep } = asking;
  const finished = new Array<Finished>(items.length);
  const others = new AbortController();
  const given = asking.options.together.signal;
  const signal = given === undefined ? others.signal : AbortSignal.any([given, others.signal]);
  let next = 0;
  let ended = 0;
  let kept = Promise.resolve();
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      // A signal of its own: many listeners to one look like a leak.
      const one = await ask(asking, items[i] as WorkItem, AbortSignal.any([signal]));
      finished[i] = one;
      kept = kept.then(() => keep([one]));
      await kept;
      onEnded(++ended);
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, work);
  try {
    await Promise.all(workers);
  } finally {
    others.abort(); // of no effect where all have ended; else the first error ends what is still open
    await Promise.allSettled(workers);
  }
  return finished;
}

async function ask(asking: Asking, item: WorkItem, signal: AbortSignal): Promise<Finished> {
  const { arm, sample, epoch } = item;
  const seed = sampleSeed(asking.seed, sample.id, epoch);
  const options = { ...requestOptions(asking.options, arm), seed, signal };
  const { patienceMs } = asking;
  const replied = await withPatience(() => reply(asking.model, sample, options), {
    ...{ patienceMs, signal },
    fix: "raise patienceMs (--remote-patience) where it may be away for longer. In a folder what was replied is kept, and the same call goes on there.",
  });
  const { text, reasoning, finishReason, usage } = replied;
  const scored = { text, reasoning, finishReason: "stop", seed } as const;
  const judgement = finishReason === "stop" ? await judged(asking.scorer, scored, item) : null;
  const row: EvaluatedSample = {
    sample: sample.id,
    index: sample.index,
    epoch,
    edits: null,
    thinking: arm.thinking,
    seed,
    outcome: judgement === null ? "cut" : judgement.score === 1 ? "right" : "wrong",
    score: judgement?.score ?? null,
    target: targetText(sample),
    answer: judgement?.answer ?? null,
    prompt: promptText(sample),
    reply: text,
    reasoning,
    finishReason,
    promptTokens: usage.inputTokens,
    thinkingTokens: usage.reasoningTokens,
    answerTokens: usage.outputTokens - usage.reasoningTokens,
    logprob: replied.logprob,
    choices: null,
    note: judgement?.note ?? null,
  };
  return { row, captures: {} };
}

function requestOptions(
  { chat: { tools }, together }: ReplyOptions,
  { thinkingRule }: WorkItem["arm"],
): RemoteChatOptions {
  const { atOnce: _, signal: __, ...sent } = together;
  return {
    ...sent,
    ...(tools !== undefined && { tools }),
    ...(typeof thinkingRule !== "object" &&
      thinkingRule !== undefined && { thinking: thinkingRule }),
  } as RemoteChatOptions;
}

async function reply(
  model: RemoteModel,
  { input }: WorkItem["sample"],
  options: RemoteChatOptions,
): Promise<Replied> {
  if (input.kind === "messages") {
    const chat = model.chat(input.messages, options);
    for await (const _ of chat);
    const finishReason = endOf(chat.finishReason);
    const { content: text, reasoning } = chat.message;
    return { text, reasoning, finishReason, usage: chat.usage, logprob: sumOf(chat.tokens) };
  }
  const generation = model.generate(input.prompt, options);
  const tokens: { readonly logprob: number | null }[] = [];
  for await (const token of generation) tokens.push(token);
  const finishReason = endOf(generation.finishReason);
  const { text, usage } = generation;
  return { text, reasoning: "", finishReason, usage, logprob: sumOf(tokens) };
}

/** @throws AbortedError ERR_ABORTED */
function endOf(finishReason: string | null): string {
  if (finishReason === null || finishReason === "aborted") throw new AbortedError();
  return finishReason;
}

function sumOf(tokens: readonly { readonly logprob: number | null }[]): number | null {
  const known = tokens.map(({ logprob }) => logprob).filter((logprob) => logprob !== null);
  return known.length === 0 ? null : known.reduce((sum, logprob) => sum + logprob, 0);
}

/** What was asked, before the server's template and tokenizer, which it does not show. */
function promptText({ input }: WorkItem["sample"]): string {
  if (input.kind === "messages") return JSON.stringify(input.messages);
  return typeof input.prompt === "string" ? input.prompt : JSON.stringify(input.prompt);
}
