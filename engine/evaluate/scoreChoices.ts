import { InputError } from "../base/errors.ts";
import type { Run } from "../look/run.ts";
import type { Finished } from "./askModel.ts";
import type { Capturing } from "./captures.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import type { EvaluatedChoice, EvaluatedSample } from "./evaluatedSample.ts";
import type { ReplyOptions } from "./replyOptions.ts";
import type { ChoiceScorer } from "./task.ts";
import type { WorkItem } from "./workItems.ts";

interface Scoring {
  readonly model: EvaluatedModel;
  /** Neighbours of one arm, all of them with choices. */
  readonly items: readonly WorkItem[];
  readonly scorer: ChoiceScorer;
  readonly options: ReplyOptions;
  readonly capturing: Capturing;
  readonly onEnded: (count: number) => void;
}

/** A sample's choices as token ids behind its prompt. */
export interface ChoiceIds {
  readonly prompt: string;
  /** Ids of the prompt with each choice behind it. */
  readonly sequences: readonly (readonly number[])[];
  /** The first token that counts: where the prompt alone and a sequence first differ, the same for all choices. */
  readonly start: number;
}

/**
 * Compares the log probabilities of given continuations. Captures are of the chosen one. Each sample is given as soon as it is compared.
 * @throws as `model.runAll`; InputError ERR_PROMPT_EMPTY where nothing stands before a choice
 */
export async function* scoreChoices(scoring: Scoring): AsyncGenerator<Finished, void, undefined> {
  const { model, items, capturing, options, onEnded } = scoring;
  const asked = items.map(({ sample }) => choiceIds(model, sample, options));
  const { chunkSize, sharePrefix, signal, atOnce } = options.together;
  const editList = items[0]?.arm.editList ?? [];
  const batch = model.runAll(
    asked.flatMap(({ sequences }) => sequences),
    {
      ...capturing.keeping,
      ...(editList.length > 0 && { edits: editList }),
      ...(atOnce !== undefined && { atOnce }),
      ...(chunkSize !== undefined && { chunkSize }),
      ...(sharePrefix !== undefined && { sharePrefix }),
      ...(signal !== undefined && { signal }),
    },
  );
  const runs = batch[Symbol.asyncIterator]();
  try {
    for (const [i, item] of items.entries()) {
      const { prompt, sequences, start } = asked[i] as ChoiceIds;
      const own: Run[] = [];
      for (const _ of sequences) own.push((await runs.next()).value as Run);
      const logprobs = own.map((run) => logprobFrom(run, start));
      const choices = choicesOf(item, logprobs);
      const chosen = likeliest(choices, scoring.scorer.by);
      const captures = await capturing.of(own[chosen] as Run, item);
      for (const run of own) run.dispose();
      onEnded(i + 1);
      yield { row: chosenRow(item, choices, { chosen, prompt, start }), captures };
    }
  } finally {
    await runs.return();
  }
}

/** @throws InputError ERR_PROMPT_EMPTY */
export function choiceIds(
  { tokenizer }: Pick<EvaluatedModel, "tokenizer">,
  { input, choices, id }: WorkItem["sample"],
  { chat }: Pick<ReplyOptions, "chat">,
): ChoiceIds {
  const texts = choices?.texts ?? [];
  if (input.kind === "messages") {
    const prompt = tokenizer.renderChat(input.messages, chat);
    const ids = tokenizer.encodeChat(input.messages, chat);
    const sequences = texts.map((text) => [
      ...ids,
      ...tokenizer.encode(text, { addSpecialTokens: false, specialTokensInText: "escape" }),
    ]);
    return { prompt, sequences, start: ids.length };
  }
  const prompt = typeof input.prompt === "string" ? input.prompt : "";
  const ids = tokenizer.encode(prompt);
  const sequences = texts.map((text) => tokenizer.encode(`${prompt}${text}`));
  const start = Math.min(...sequences.map((sequence) => commonLength(ids, sequence)));
  if (start > 0) return { prompt, sequences, start };
  throw new InputError(
    "ERR_PROMPT_EMPTY",
    `task sample ${JSON.stringify(id)} prompt: expected at least one token before the choices, got none. Put some text before them.`,
  );
}

/** Which choice is the likeliest, as a whole or per byte; of equal ones the first. */
export function likeliest(choices: readonly EvaluatedChoice[], by: "sum" | "byte"): number {
  const scores = choices.map(({ logprob, bytes }) => {
    if (Number.isNaN(logprob)) return Number.NEGATIVE_INFINITY;
    return by === "sum" ? logprob : logprob / bytes;
  });
  return scores.indexOf(Math.max(...scores));
}

/** Natural log of the probability of a run's tokens from `start` on. */
function logprobFrom({ record: { tokens } }: Run, start: number): number {
  return tokens.slice(start).reduce((sum, { logprob }) => sum + (logprob ?? 0), 0);
}

function choicesOf({ sample }: WorkItem, logprobs: readonly number[]): EvaluatedChoice[] {
  const utf8 = new TextEncoder();
  return (sample.choices?.texts ?? []).map((text, i) => ({
    text,
    logprob: logprobs[i] ?? Number.NaN,
    bytes: Math.max(1, utf8.encode(text.trimStart()).length),
    isRight: i === sample.choices?.right,
  }));
}

function chosenRow(
  { arm, sample, epoch }: WorkItem,
  choices: readonly EvaluatedChoice[],
  said: { readonly chosen: number; readonly prompt: string; readonly start: number },
): EvaluatedSample {
  const { text, logprob, isRight } = choices[said.chosen] as EvaluatedChoice;
  return {
    sample: sample.id,
    index: sample.index,
    epoch,
    edits: arm.edits,
    thinking: arm.thinking,
    seed: null,
    outcome: isRight ? "right" : "wrong",
    score: Number(isRight),
    target: choices.find((choice) => choice.isRight)?.text.trim() ?? null,
    answer: text.trim(),
    prompt: said.prompt,
    reply: text,
    reasoning: "",
    finishReason: "choice",
    promptTokens: said.start,
    thinkingTokens: 0,
    answerTokens: 0,
    logprob,
    choices,
    note: null,
  };
}

function commonLength(some: readonly number[], others: readonly number[]): number {
  const differs = some.findIndex((id, i) => id !== others[i]);
  return differs < 0 ? Math.min(some.length, others.length) : differs;
}
