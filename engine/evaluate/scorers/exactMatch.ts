import { checkFlag, checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import type { ReplyScorer } from "../task.ts";
import { targetTexts } from "./extract.ts";

/** What `exactMatch` looks away from. White space at both ends never counts. */
export interface ExactMatchOptions {
  /** Large and small letters are the same. Default false. */
  readonly ignoreCase?: boolean;
  /** Punctuation is left out. Default false. */
  readonly ignorePunctuation?: boolean;
}

const EXACT_MATCH_OPTIONS: OptionNames<ExactMatchOptions> = {
  ignoreCase: true,
  ignorePunctuation: true,
};

/** Right where the reply is the target, or one of them. @throws InputError ERR_OPTION */
export function exactMatch(options: ExactMatchOptions = {}): ReplyScorer {
  checkOptions("exactMatch", options, EXACT_MATCH_OPTIONS);
  const { ignoreCase = false, ignorePunctuation = false } = options;
  checkFlag("exactMatch ignoreCase", ignoreCase);
  checkFlag("exactMatch ignorePunctuation", ignorePunctuation);
  const plain = (text: string) => {
    const words = ignorePunctuation ? text.replace(/\p{P}/gu, "") : text;
    return (ignoreCase ? words.toLowerCase() : words).trim();
  };
  return {
    kind: "reply",
    name: `exactMatch ${JSON.stringify({ ignoreCase, ignorePunctuation })}`,
    judge({ text }, target) {
      const answer = text.trim();
      return { score: targetTexts(target).some((it) => plain(it) === plain(answer)), answer };
    },
  };
}
