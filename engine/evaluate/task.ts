import type { FinishReason } from "../generate/generation.ts";
import type { ChatMessage } from "../template/chat.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";

/** What a task asks about: plain data. A field `id` names it, a field `target` is what is expected, unless the task says otherwise. */
export type SampleData = Readonly<Record<string, unknown>>;

/** What is expected of a reply: a text, a number, or several that are all right. */
export type Target = string | number | readonly (string | number)[];

/** A reply that came to its end, as scorers see it. */
export interface ScoredReply {
  /** The reply without what was thought; of a task with `prompt` all that was generated. */
  readonly text: string;
  /** What was thought, where the task has `messages`; "" where nothing was. */
  readonly reasoning: string;
  readonly finishReason: FinishReason;
  /** Of its random numbers. */
  readonly seed: number;
}

/** What a scorer says: true and 1 are right, everything else is wrong; a number from 0 to 1 counts for the mean score. */
export type Score = boolean | number;

/** A score with the part of the reply that it is about, and what else the scorer has to say. */
export interface Judgement {
  readonly score: Score;
  readonly answer?: string | null;
  readonly note?: string;
}

/** Judges replies. Tasks may also have a plain function. */
export interface ReplyScorer {
  readonly kind: "reply";
  /** What it does, with all that changes what it says: it tells one task from another. */
  readonly name: string;
  judge(
    reply: ScoredReply,
    target: Target | null,
    sample: SampleData,
  ): Judgement | Promise<Judgement>;
}

/** Judges the log probabilities of given continuations; nothing is generated. */
export interface ChoiceScorer {
  readonly kind: "choices";
  readonly name: string;
  /** The continuations, as they stand behind the prompt, with the space before them where there is one. */
  choices(sample: SampleData): readonly string[];
  /** "sum": the likeliest continuation; "byte": the likeliest per byte of its UTF-8. */
  readonly by: "sum" | "byte";
}

export type ScoreFunction<Sample extends object = SampleData> = (
  reply: ScoredReply,
  sample: Sample,
) => Score | Judgement | Promise<Score | Judgement>;

/** Options of generation that a task brings along; those of `evaluate` go before them. */
export interface TaskGeneration {
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly temperature?: number;
}

/** A number made of all samples of one arm. */
export type TaskMetric = (samples: readonly EvaluatedSample[]) => number;

/** What a model is asked, and how its replies are judged. Exactly one of `prompt` and `messages` says how a sample is put. */
export interface Task<Sample extends object = SampleData> {
  readonly name: string;
  readonly samples: readonly Sample[];
  /** Text that the model continues, or token ids. */
  readonly prompt?: (sample: Sample) => string | readonly number[];
  /** A conversation that waits for the assistant. */
  readonly messages?: (sample: Sample) => readonly ChatMessage[];
  readonly scorer: ReplyScorer | ChoiceScorer | ScoreFunction<Sample>;
  /** Names a sample among the others. Default: its field `id`, else its place, from 0. */
  readonly id?: (sample: Sample, index: number) => string;
  /** What is expected. Of choices the number of the right one, from 0, or its text. Default: its field `target`; null where there is none. */
  readonly target?: (sample: Sample) => Target | null;
  readonly generation?: TaskGeneration;
  /** Further metrics, by their names. */
  readonly metrics?: Readonly<Record<string, TaskMetric>>;
}
