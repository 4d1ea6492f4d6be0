/** right, wrong, or cut: a limit ended the reply before its answer was complete, so that nobody knows. */
export type Outcome = "right" | "wrong" | "cut";

/** A continuation that was compared with others. */
export interface EvaluatedChoice {
  readonly text: string;
  /** Natural log of its probability behind the prompt. */
  readonly logprob: number;
  /** Of its UTF-8, without the space before it. */
  readonly bytes: number;
  readonly isRight: boolean;
}

/** What became of one sample in one epoch of one arm. Nothing in it depends on when or beside what it was computed. */
export interface EvaluatedSample {
  /** The sample's id. */
  readonly sample: string;
  /** Its place in the task, from 0. */
  readonly index: number;
  readonly epoch: number;
  /** The arm: which edits, and which thinking; null where the axis was not asked for. */
  readonly edits: string | null;
  readonly thinking: string | null;
  /** Of the random numbers of its reply; null where nothing was drawn. */
  readonly seed: number | null;
  readonly outcome: Outcome;
  /** 0 to 1; null where it was cut. */
  readonly score: number | null;
  /** What was expected: text, or JSON of a list; null where the task says none. */
  readonly target: string | null;
  /** What the scorer took for the answer; null where it found none, or does not say. */
  readonly answer: string | null;
  /** As the model read it; of a server what it was sent, messages as JSON. */
  readonly prompt: string;
  readonly reply: string;
  readonly reasoning: string;
  readonly finishReason: string;
  readonly promptTokens: number;
  /** Between the marks of thinking. */
  readonly thinkingTokens: number;
  /** The others that the model chose. */
  readonly answerTokens: number;
  /** Natural log of the probability of the tokens that the model chose; null where a server does not tell it. */
  readonly logprob: number | null;
  /** Of a task of choices: all of them, in their order; else null. */
  readonly choices: readonly EvaluatedChoice[] | null;
  /** What else the scorer said. */
  readonly note: string | null;
}
