import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { wrongOption, wrongTask } from "../evaluateErrors.ts";
import type { ReplyScorer, Target } from "../task.ts";
import { numbersIn, targetTexts } from "./extract.ts";

/** Which number of a reply counts, and how near it has to be. */
export interface NumericMatchOptions {
  /** Default "last". */
  readonly which?: "first" | "last";
  /** How far it may be from the target. Default 0. */
  readonly tolerance?: number;
  /** The same as a share of the target; the larger of the two counts. Default 0. */
  readonly relativeTolerance?: number;
}

const NUMERIC_MATCH_OPTIONS: OptionNames<NumericMatchOptions> = {
  which: true,
  tolerance: true,
  relativeTolerance: true,
};

/**
 * Right where a number of the reply is the target. Commas between thousands are read; a reply without a number is wrong. Of a target
 * that is text the last number counts, so that GSM8K's "#### 18" is 18.
 * @throws InputError ERR_OPTION; when it judges ERR_TASK where the target has no number
 */
export function numericMatch(options: NumericMatchOptions = {}): ReplyScorer {
  checkOptions("numericMatch", options, NUMERIC_MATCH_OPTIONS);
  const { which = "last", tolerance = 0, relativeTolerance = 0 } = options;
  if (which !== "first" && which !== "last")
    throw wrongOption("numericMatch which", {
      expected: '"first" or "last"',
      got: which,
      fix: "Choose one of them.",
    });
  for (const [name, value] of Object.entries({ tolerance, relativeTolerance }))
    if (!(Number.isFinite(value) && value >= 0))
      throw wrongOption(`numericMatch ${name}`, {
        expected: "a number of at least 0",
        got: value,
        fix: "0 asks for the same number.",
      });
  return {
    kind: "reply",
    name: `numericMatch ${JSON.stringify({ which, tolerance, relativeTolerance })}`,
    judge({ text }, target) {
      const wanted = targetNumbers(target);
      const found = numbersIn(text).at(which === "first" ? 0 : -1);
      if (found === undefined) return { score: false, answer: null };
      const isNear = (value: number) =>
        Math.abs(found.value - value) <= Math.max(tolerance, relativeTolerance * Math.abs(value));
      return { score: wanted.some(isNear), answer: found.text };
    },
  };
}

function targetNumbers(target: Target | null): readonly number[] {
  const numbers = targetTexts(target).flatMap((text) => numbersIn(text).slice(-1));
  if (numbers.length > 0) return numbers.map(({ value }) => value);
  throw wrongTask("numericMatch", {
    expected: "a target with a number in it",
    got: target,
    fix: "Give the sample a numeric target, or the task a target function.",
  });
}
