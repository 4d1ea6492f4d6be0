import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { wrongOption } from "../evaluateErrors.ts";
import type { ReplyScorer } from "../task.ts";
import { targetTexts } from "./extract.ts";

/** Which match of the pattern counts, and which part of it. */
export interface PatternMatchOptions {
  /** Default "first". */
  readonly which?: "first" | "last";
  /** Of its groups, by number or name. Default 1 where the pattern has groups, else 0, the whole match. */
  readonly group?: number | string;
}

const PATTERN_MATCH_OPTIONS: OptionNames<PatternMatchOptions> = { which: true, group: true };

/**
 * Finds the answer by a pattern: right where it is the target, or one of them; where a sample has no target, where the pattern
 * matches at all. A reply without a match is wrong.
 * @throws InputError ERR_OPTION
 */
export function patternMatch(pattern: RegExp, options: PatternMatchOptions = {}): ReplyScorer {
  checkOptions("patternMatch", options, PATTERN_MATCH_OPTIONS);
  if (!(pattern instanceof RegExp))
    throw wrongOption("patternMatch pattern", {
      expected: "a regular expression",
      got: pattern,
      fix: "Write /answer is (\\w+)/.",
    });
  const { which = "first" } = options;
  if (which !== "first" && which !== "last")
    throw wrongOption("patternMatch which", {
      expected: '"first" or "last"',
      got: which,
      fix: "Choose one of them.",
    });
  const nGroups = (new RegExp(`${pattern.source}|`, pattern.flags).exec("")?.length ?? 1) - 1;
  const { group = Math.min(1, nGroups) } = options;
  if (typeof group === "number" ? !(group in Array(nGroups + 1).fill(0)) : !hasName(pattern, group))
    throw wrongOption("patternMatch group", {
      expected: `one of the ${nGroups} groups of ${pattern}`,
      got: group,
      fix: "0 is the whole match.",
    });
  const everywhere = new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join(""));
  return {
    kind: "reply",
    name: `patternMatch ${JSON.stringify({ pattern: String(pattern), which, group })}`,
    judge({ text }, target) {
      const match = [...text.matchAll(everywhere)].at(which === "first" ? 0 : -1);
      if (match === undefined) return { score: false, answer: null };
      const part = typeof group === "number" ? match[group] : match.groups?.[group];
      const answer = part?.trim() ?? null;
      if (target === null) return { score: true, answer };
      return { score: targetTexts(target).some((it) => it.trim() === answer), answer };
    },
  };
}

function hasName(pattern: RegExp, name: string): boolean {
  return pattern.source.includes(`(?<${name}>`);
}
