/** What an exercise can ask for. Texts are compared without their case and outer spaces. */
export type Answer = number | string | boolean | readonly Answer[];

/** The kind of an answer: 5 is a number. A test of answers is written for every number, and not for 5 alone. */
export type KindOf<A> = A extends number
  ? number
  : A extends string
    ? string
    : A extends boolean
      ? boolean
      : A extends readonly (infer Element)[]
        ? readonly KindOf<Element>[]
        : A;

/**
 * A mistake that was foreseen: an answer, a test of answers, or how the answer lies beside the expected one. `times` and `plus` are of numbers
 * (a unit confused, off by one), `reversed` of lists (axes confused).
 */
export type Mistake<A> =
  | A
  | ((answer: A) => boolean)
  | { readonly times: number }
  | { readonly plus: number }
  | { readonly reversed: true };

/** What a check says: whether the answer is right, or why it is not, or a sentence for one that is. */
export type Verdict = boolean | string | { readonly right: string };

interface ExerciseText<A> {
  /** Shown above the answer; `code` between backticks. */
  readonly question: string;
  /** Why each foreseen mistake is one. The first that holds is told. */
  readonly why?: readonly (readonly [mistake: Mistake<A>, reason: string])[];
  /** Said of an answer that is right: one sentence that tells why. */
  readonly right?: string;
  /** Said of a wrong answer that nobody foresaw: where to look, without the solution. */
  readonly otherwise?: string;
  /** Stands behind the answer, e.g. "bytes". */
  readonly unit?: string;
}

/** An exercise whose answer is known, or computed in the cell. */
export interface ExpectedAnswer<A extends Answer> extends ExerciseText<KindOf<A>> {
  readonly expected: A;
  /** The largest distance of a right number, in its own unit; 0 unless given, with 1e-9 of the number for rounding. */
  readonly tolerance?: number;
}

/** An exercise whose answer is tried out. */
export interface CheckedAnswer<A extends Answer> extends ExerciseText<KindOf<A>> {
  /** An answer of the kind that is asked for, right or wrong, e.g. [0, 0]. */
  readonly like: A;
  readonly check: (answer: KindOf<A>) => Verdict | Promise<Verdict>;
}

/** Where an answer stands. */
export type CardState = "open" | "right" | "wrong";

/** What a card shows. */
export interface AnswerRecord {
  readonly question: string;
  readonly state: CardState;
  /** As it was given, with its unit; null while there is none. */
  readonly given: string | null;
  /** Why it is right or wrong; empty where nothing was said. */
  readonly reason: string;
}
