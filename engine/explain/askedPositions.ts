import { InputError } from "../base/errors.ts";
import { checkPosition } from "./explainable.ts";

/**
 * Positions that a list names, negative ones from the end, or all.
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
