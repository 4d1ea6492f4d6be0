import { checkOptions } from "../../kernel/display/checkOptions.ts";
import type { Answer, CheckedAnswer, ExpectedAnswer } from "./data.ts";
import { asText, ExerciseError } from "./exerciseError.ts";
import { isAnswer, isMistake, isRelative, relativeTo, wrongKind } from "./judgeAnswer.ts";

/** Either form of an exercise. */
export type AnyExercise = ExpectedAnswer<Answer> | CheckedAnswer<Answer>;

const COMMON = { question: true, why: true, right: true, otherwise: true, unit: true };
const EXPECTED = { ...COMMON, expected: true, tolerance: true };
const CHECKED = { ...COMMON, like: true, check: true };

/** An answer of the kind that an exercise asks for. */
export const likeOf = (options: AnyExercise): Answer =>
  "expected" in options ? options.expected : options.like;

/** The right answer where it is known, and how far from it an answer may be. */
export const known = (options: AnyExercise): [expected: Answer | null, tolerance: number] =>
  "expected" in options ? [options.expected, options.tolerance ?? 0] : [null, 0];

/**
 * Refuses an exercise that asks nothing, or foresees mistakes that are none.
 * @throws KernelError ERR_OPTION; ExerciseError ERR_EXERCISE
 */
export function checkExercise(options: AnyExercise): void {
  checkOptions("exercise", options, "check" in Object(options) ? CHECKED : EXPECTED);
  const { question, why = [] } = options;
  if (typeof question !== "string" || question.trim() === "")
    throw refusal("question", "a sentence", asText(question), "Write what is asked.");
  const like = likeOf(options);
  if (!isAnswer(like))
    throw refusal(
      "check" in options ? "like" : "expected",
      "a number, a text, true or false, or a list of such",
      asText(like),
      "Write { expected }, or { like, check }.",
    );
  if ("check" in options && typeof options.check !== "function")
    throw refusal("check", "a function of the answer", asText(options.check), "Write one.");
  const [expected, tolerance] = known(options);
  if (typeof tolerance !== "number" || !(tolerance >= 0))
    throw refusal("tolerance", "a number of 0 or more", asText(tolerance), "Leave it out for 0.");
  if (!Array.isArray(why))
    throw refusal("why", "a list of mistakes", asText(why), "Write [[mistake, reason]].");
  for (const [i, pair] of why.entries()) {
    const what = `why[${i}]`;
    if (!Array.isArray(pair))
      throw refusal(what, "a mistake with its reason", asText(pair), "Write [mistake, reason].");
    const [mistake, reason] = pair;
    if (typeof reason !== "string" || reason.trim() === "")
      throw refusal(what, "a mistake with the reason why it is one", asText(reason), "Write it.");
    if (typeof mistake !== "function" && !isRelative(mistake) && wrongKind(mistake, like) !== null)
      throw refusal(
        what,
        "a mistake of the answer's kind, since others are told so",
        asText(mistake),
        "Leave it out.",
      );
    if (isRelative(mistake) && (expected === null || relativeTo(expected, mistake) === null))
      throw refusal(
        what,
        "times or plus beside an expected number, or reversed beside an expected list",
        asText(mistake),
        "Write a function of the answer.",
      );
    if (expected !== null && isMistake(mistake as never, expected, expected, tolerance))
      throw refusal(what, "a mistake", "one that holds for the right answer", "Narrow it.");
  }
}

function refusal(what: string, expected: string, got: string, fix: string): ExerciseError {
  return new ExerciseError(
    "ERR_EXERCISE",
    `exercise ${what}: expected ${expected}, got ${got}. ${fix}`,
  );
}
