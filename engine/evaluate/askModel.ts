import { AbortedError, InputError } from "../base/errors.ts";
import type { ChatGeneration } from "../chat/chatGeneration.ts";
import type { Generation } from "../generate/generation.ts";
import type { Capturing, SampleCaptures } from "./captures.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";
import { wrongTask } from "./evaluateErrors.ts";
import { judged, targetText } from "./judged.ts";
import type { ReplyOptions } from "./replyOptions.ts";
import { sampleSeed } from "./sampleSeed.ts";
import type { ReplyScorer } from "./task.ts";
import type { WorkItem } from "./workItems.ts";

/** A finished piece of work. */
export interface Finished {
  readonly row: EvaluatedSample;
  readonly captures: SampleCaptures;
}

interface Asking {
  readonly model: EvaluatedModel;
  /** Neighbours of one arm. */
  readonly items: readonly WorkItem[];
  readonly scorer: ReplyScorer;
  readonly seed: number;
  readonly options: ReplyOptions;
  readonly capturing: Capturing;
  /** Is told how many replies have ended. */
  readonly onEnded: (count: number) => void;
}

/** A reply that has ended, in the same form whether it is one of a chat or not. */
interface Ended {
  readonly generation: Generation;
  readonly text: string;
  readonly reasoning: string;
  readonly prompt: string;
}

/**
 * Has the model reply to samples, in the same steps, and the scorer judge the replies, in their order. Each is given as soon as it is judged.
 * @throws as `model.chatAll` and `model.generateAll`; AbortedError ERR_ABORTED; as `judged`
 */
export async function* askModel(asking: Asking): AsyncGenerator<Finished, void, undefined> {
  const { items, seed } = asking;
  const seeds = items.map(({ sample, epoch }) => sampleSeed(seed, sample.id, epoch));
  const { ended, release } = await reply(asking, seeds);
  try {
    for (const [i, item] of items.entries())
      yield await finishedOf(asking, item, ended[i] as Ended, seeds[i] as number);
  } finally {
    release();
  }
}

async function reply(asking: Asking, seeds: readonly number[]) {
  const { model, items, options, capturing, onEnded } = asking;
  const { chat, together } = options;
  const editList = items[0]?.arm.editList ?? [];
  const shared = {
    ...together,
    ...capturing.keeping,
    seeds,
    ...(editList.length > 0 && { edits: editList }),
    promptLogprobs: editList.length > 0, // edits that are functions stop between operators, where all rows are computed
  };
  const thinking = items[0]?.arm.thinkingRule;
  const ruled = { ...shared, ...(thinking !== undefined && { thinking }) };
  if (items[0]?.sample.input.kind === "messages") {
    const conversations = items.map(({ sample: { input } }) =>
      input.kind === "messages" ? input.messages : [],
    );
    const batch = model.chatAll(conversations, { ...chat, ...ruled });
    const generations = batch.replies.map(({ generation }) => generation);
    await drained(batch, generations, onEnded);
    return endedWith(generations, (i) => {
      const { message, prompt } = batch.replies[i] as ChatGeneration;
      return { text: message.content, reasoning: message.reasoning, prompt };
    });
  }
  refuseWords(thinking);
  const prompts = items.map(({ sample: { input } }) =>
    input.kind === "prompt" ? input.prompt : "",
  );
  const batch = model.generateAll(prompts, ruled as Parameters<EvaluatedModel["generateAll"]>[1]);
  await drained(batch, batch.generations, onEnded);
  return endedWith(batch.generations, (i) => {
    const prompt = prompts[i] ?? "";
    return {
      text: batch.generations[i]?.text ?? "",
      reasoning: "",
      prompt: typeof prompt === "string" ? prompt : model.tokenizer.decode(prompt),
    };
  });
}

/** Of a task with `prompt` there is no template that a word could be told to. */
function refuseWords(thinking: unknown): void {
  if (thinking === undefined || (typeof thinking === "object" && thinking !== null)) return;
  throw wrongTask("evaluate thinking", {
    expected: "a budget or another rule, as the task has prompts",
    got: thinking,
    fix: "Write { budget: 32 }, or give the task messages.",
  });
}

/** Waits for the end of a batch. @throws AbortedError ERR_ABORTED */
async function drained(
  batch: AsyncIterable<unknown>,
  generations: readonly Generation[],
  onEnded: (count: number) => void,
): Promise<void> {
  let told = 0;
  const tell = () => {
    const count = generations.filter(({ finishReason }) => finishReason !== null).length;
    if (count > told) onEnded(count);
    told = count;
  };
  try {
    for await (const _ of batch) tell();
    tell();
    if (generations.some(({ finishReason }) => finishReason === "aborted"))
      throw new AbortedError();
  } catch (error) {
    for (const generation of generations) dispose(generation);
    throw error;
  }
}

function endedWith(
  generations: readonly Generation[],
  partsOf: (i: number) => Omit<Ended, "generation">,
) {
  return {
    ended: generations.map((generation, i) => ({ generation, ...partsOf(i) })),
    release: () => {
      for (const generation of generations) dispose(generation);
    },
  };
}

async function finishedOf(
  { scorer, capturing }: Asking,
  item: WorkItem,
  { generation, ...parts }: Ended,
  seed: number,
): Promise<Finished> {
  const { arm, sample, epoch } = item;
  const { run, answer: state } = generation;
  const finishReason = generation.finishReason ?? "failed";
  const { tokens } = run.record;
  const generated = tokens.filter(({ phase }) => phase === "generated");
  const chosen = generated.filter(({ forced }) => forced === undefined);
  const { text, reasoning, prompt } = parts;
  const judgement =
    state === "complete"
      ? await judged(scorer, { text, reasoning, finishReason, seed }, item)
      : null;
  const captures = await capturing.of(run, item);
  run.dispose();
  const row: EvaluatedSample = {
    sample: sample.id,
    index: sample.index,
    epoch,
    edits: arm.edits,
    thinking: arm.thinking,
    seed,
    outcome: judgement === null ? "cut" : judgement.score === 1 ? "right" : "wrong",
    score: judgement?.score ?? null,
    target: targetText(sample),
    answer: judgement?.answer ?? null,
    prompt,
    reply: text,
    reasoning,
    finishReason,
    promptTokens: tokens.length - generated.length,
    thinkingTokens: generation.thinking.tokens,
    answerTokens: chosen.filter((token) => token.thinking === undefined).length,
    logprob: chosen.reduce((sum, { logprob }) => sum + (logprob ?? 0), 0),
    choices: null,
    note: judgement?.note ?? null,
  };
  return { row, captures };
}

/** Of a reply that never began there is no run. */
function dispose(generation: Generation): void {
  try {
    generation.run.dispose();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
}
