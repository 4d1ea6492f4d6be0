import { DISPLAY, type Displayable, type MimeBundle } from "../../kernel/display/host.ts";
import { AnswerCard } from "./answerCard.ts";
import { type AnyExercise, checkExercise, known, likeOf } from "./checkExercise.ts";
import type { Answer, CardState, CheckedAnswer, ExpectedAnswer, Verdict } from "./data.ts";
import { asText, ExerciseError } from "./exerciseError.ts";
import { isMistake, sameAnswer, wrongKind } from "./judgeAnswer.ts";

const OTHERWISE =
  "None of the mistakes that were foreseen: read the part above once more, and try it out.";

/** A question of a notebook, and what it says of answers. */
export class Exercise implements Displayable {
  readonly question: string;
  readonly #options: AnyExercise;

  /** @throws KernelError ERR_OPTION; ExerciseError ERR_EXERCISE */
  constructor(options: AnyExercise) {
    checkExercise(options);
    this.#options = options;
    this.question = options.question;
  }

  /**
   * Shown as a card: whether the answer is right and why, or why this answer is not. The solution is never told.
   * @param value the answer; undefined or null while there is none
   * @returns the card, once the check has run
   * @throws ExerciseError ERR_EXERCISE if the check gives what is no verdict; whatever the check throws
   */
  async answer(value?: unknown): Promise<AnswerCard> {
    if (value === undefined || value === null) return this.#card("open", null, "");
    const { unit, right = "", otherwise = OTHERWISE } = this.#options;
    const given = `${asText(value)}${unit === undefined ? "" : ` ${unit}`}`;
    const misfit = wrongKind(value, likeOf(this.#options));
    if (misfit !== null) return this.#card("wrong", given, misfit);
    const answer = value as Answer;
    const verdict = await this.#judge(answer);
    if (verdict === true) return this.#card("right", given, right);
    if (typeof verdict === "object") return this.#card("right", given, verdict.right);
    if (typeof verdict === "string") return this.#card("wrong", given, verdict);
    return this.#card("wrong", given, this.#foreseen(answer) ?? otherwise);
  }

  [DISPLAY](): MimeBundle {
    return this.#card("open", null, "")[DISPLAY]();
  }

  async #judge(answer: Answer): Promise<Verdict> {
    const options = this.#options;
    if ("expected" in options) return sameAnswer(answer, options.expected, options.tolerance ?? 0);
    const verdict: unknown = await options.check(answer as never);
    if (isVerdict(verdict)) return verdict;
    throw new ExerciseError(
      "ERR_EXERCISE",
      `exercise check: expected true, false, a sentence why not, or { right: "why" }, got ${asText(verdict)}. Return one of them.`,
    );
  }

  #foreseen(answer: Answer): string | null {
    const { why = [] } = this.#options;
    const [expected, tolerance] = known(this.#options);
    const found = why.find(([mistake]) => isMistake(mistake as never, answer, expected, tolerance));
    return found?.[1] ?? null;
  }

  #card(state: CardState, given: string | null, reason: string): AnswerCard {
    return new AnswerCard({ question: this.question, state, given, reason });
  }
}

/**
 * A question for the reader, whose answers are judged in the next cell: `await q.answer(5)`. A card says whether the answer is right and why,
 * or why this answer is wrong, and never the solution.
 * @param options the answer that is `expected`, or a `check` that tries answers out; `why`, mistakes that were foreseen, each with its reason
 * @throws KernelError ERR_OPTION; ExerciseError ERR_EXERCISE if a foreseen mistake is right, or cannot be one of such an answer
 */
export function exercise<const A extends Answer>(
  options: ExpectedAnswer<A> | CheckedAnswer<A>,
): Exercise {
  return new Exercise(options as unknown as AnyExercise);
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value === "string") return value.trim() !== "";
  if (typeof value === "boolean") return true;
  return typeof value === "object" && value !== null && typeof Object(value).right === "string";
}
