import { InputError } from "../base/errors.ts";

/** One index (the axis goes away; negative counts from the end) or a half-open range [start, end). */
export type IndexOrRange = number | readonly [number, number];

export interface Range {
  readonly start: number;
  readonly count: number;
  /** Given as one index: the axis is dropped from the result. */
  readonly single: boolean;
}

/** @throws InputError ERR_SELECTION when the index lies outside of `size` */
export function resolveRange(given: IndexOrRange | undefined, size: number, what: string): Range {
  if (given === undefined) return { start: 0, count: size, single: false };
  if (typeof given === "number") {
    const start = given < 0 ? size + given : given;
    if (!Number.isInteger(start) || start < 0 || start >= size)
      throw new InputError(
        "ERR_SELECTION",
        `${what}: expected an index from ${-size} to ${size - 1}, got ${given}. Choose one that exists.`,
      );
    return { start, count: 1, single: true };
  }
  const [start, end] = given;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > size || start >= end)
    throw new InputError(
      "ERR_SELECTION",
      `${what}: expected a range [start, end) within 0 and ${size}, got [${given.join(", ")}). Choose indices that exist; the end is exclusive.`,
    );
  return { start, count: end - start, single: false };
}
