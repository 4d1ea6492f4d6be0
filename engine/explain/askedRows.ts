import { checkCount } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { checkPosition, checkToken } from "./explainable.ts";

/**
 * Positions that a list names, negative ones from the end, or all.
 * @param what the function that is asked, for messages
 * @throws InputError ERR_OPTION, ERR_SELECTION
 */
export function askedPositions(
  what: string,
  asked: "all" | readonly number[],
  nTokens: number,
): number[] {
  if (asked === "all") return Array.from({ length: nTokens }, (_, position) => position);
  if (!Array.isArray(asked) || asked.length === 0)
    throw new InputError(
      "ERR_OPTION",
      `${what} positions: expected "all" or a list of positions, got ${JSON.stringify(asked)}. Write positions: [-1] for the last token.`,
    );
  return asked.map((position) => checkPosition(what, position, nTokens));
}

/**
 * Which token each position is asked about; by default the one that follows.
 * @returns (P) ids, -1 where none follows
 * @throws InputError ERR_OPTION, ERR_TOKEN_ID
 */
export function askedTargets(
  what: string,
  asked: number | readonly number[] | undefined,
  positions: readonly number[],
  { ids, nVocab }: { readonly ids: readonly number[]; readonly nVocab: number },
): Int32Array {
  if (asked === undefined) return Int32Array.from(positions, (position) => ids[position + 1] ?? -1);
  const each = typeof asked === "number" ? positions.map(() => asked) : asked;
  if (each.length !== positions.length)
    throw new InputError(
      "ERR_OPTION",
      `${what} target: expected a token or one for each of ${positions.length} positions, got ${each.length}. Correct the list.`,
    );
  return Int32Array.from(each, (id) => checkToken(`${what} target`, id, nVocab));
}

/** @throws InputError ERR_OPTION for none, and for more tokens than there are */
export function askedTopK(what: string, topK: number, nVocab: number): number {
  if (checkCount(`${what} topK`, topK) <= nVocab) return topK;
  throw new InputError(
    "ERR_OPTION",
    `${what} topK: expected at most ${nVocab}, the vocabulary, got ${topK}. Ask for fewer.`,
  );
}
