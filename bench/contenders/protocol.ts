/**
 * What the bench and its contenders tell each other. A contender is a process that loads one model and then generates when it
 * is asked to, a line of "round" on its standard input each time; it answers in lines of JSON on file descriptor 3, where
 * no library prints. The end of its input ends it.
 */
export interface Work {
  /** What the contender opens: a folder, a file, or a name that it knows. */
  readonly model: string;
  readonly backend: string;
  /** How Vitrine's cpu backend multiplies; peers have their own. */
  readonly arithmetic: "exact" | "i16";
  readonly threads: number;
  /** In which PyTorch computes; the others go by what the checkpoint holds. */
  readonly dtype: string;
  readonly promptTokens: number;
  /** Tokens after the first, which belongs to the prompt. */
  readonly newTokens: number;
}

/** The first message. */
export interface Loaded {
  readonly kind: "loaded";
  readonly seconds: number;
  /** Program and version, e.g. "llama.cpp b7000". */
  readonly program: string;
  /** What computes, in its own words. */
  readonly device: string;
}

/** The answer to each "round". */
export interface Round {
  readonly kind: "round";
  /** From the prompt to the first token. */
  readonly prefillSeconds: number;
  /** From the first token to the last. */
  readonly decodeSeconds: number;
  /** From the last token to all that the contender does after it. */
  readonly finishSeconds: number;
}

/** The last message: what the process held at most. */
export interface Ended {
  readonly kind: "ended";
  readonly peakBytes: number | null;
}

export type Message = Loaded | Round | Ended;

/** The same prompt for all: ids that spread over the vocabulary. */
export const promptIds = (count: number, vocabulary: number): number[] =>
  Array.from({ length: count }, (_, i) => (7919 * i + 13) % vocabulary);
