import { InvalidArgumentError } from "commander";

/** A whole number of at least `least`. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `Expected a whole number of at least ${least}.`
        : `Expected a whole number from ${least} to ${most}.`,
    );
  };

/** A finite number above `above` (or equal to it where `inclusive`), and at most `most`. */
export const realNumber =
  (above: number, inclusive: boolean, most = Number.POSITIVE_INFINITY) =>
  (text: string): number => {
    const value = Number(text);
    const isInRange = (inclusive ? value >= above : value > above) && value <= most;
    if (text.trim() !== "" && Number.isFinite(value) && isInRange) return value;
    const upper = Number.isFinite(most) ? ` and at most ${most}` : "";
    throw new InvalidArgumentError(
      `Expected a number ${inclusive ? "of at least" : "above"} ${above}${upper}.`,
    );
  };

/** Whole numbers between commas: `1,2,3`. */
export function tokenIdList(text: string): number[] {
  if (/^\s*\d+(\s*,\s*\d+)*\s*$/.test(text)) return text.split(",").map(Number);
  throw new InvalidArgumentError("Expected token ids between commas, for example 1,2,3.");
}

/** Numbers to token ids between commas: `5=-1.5,17=-Infinity`. */
export function tokenBias(text: string): Record<number, number> {
  const bias: Record<number, number> = {};
  for (const part of text.split(",")) {
    const [, id, add] = /^\s*(\d+)=(-Infinity|-?\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    if (id === undefined || add === undefined)
      throw new InvalidArgumentError(
        "Expected token ids with numbers between commas, for example 5=-1.5,17=-Infinity.",
      );
    bias[Number(id)] = Number(add);
  }
  return bias;
}
