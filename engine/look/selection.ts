import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";

/** One index (the axis goes away; negative counts from the end) or a half-open range [start, end). */
export type IndexOrRange = number | readonly [number, number];

/** Which part of a site to read; what is left out is read whole. */
export interface Selection {
  readonly head?: IndexOrRange;
  /** Rows of an attention map. */
  readonly query?: IndexOrRange;
  /** Columns of an attention map. */
  readonly key?: IndexOrRange;
  readonly token?: IndexOrRange;
  /** Shrinks an attention map: each cell is the mean or max of a size x size block. */
  readonly pool?: { readonly size: number; readonly kind: "mean" | "max" };
}

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

/** Axis letters a selection field applies to. */
const FIELD_AXES: { readonly [K in keyof Selection]-?: readonly string[] } = {
  head: ["H", "K"],
  query: ["T"],
  key: ["S"],
  token: ["T"],
  pool: ["S"],
};

/** The range of every axis of a site. @throws InputError ERR_SELECTION for a field the site has no axis for */
export function resolveSelection(
  site: { readonly name: string; readonly dims: readonly string[] },
  shape: readonly number[],
  selection: Selection,
): Range[] {
  for (const [field, value] of Object.entries(selection) as [keyof Selection, unknown][])
    if (value !== undefined && !(FIELD_AXES[field] ?? []).some((axis) => site.dims.includes(axis)))
      throw new InputError(
        "ERR_SELECTION",
        `${site.name}: expected a selection by its axes (${site.dims.join(", ")}), got ${field}. Leave ${field} out.`,
      );
  return site.dims.map((dim, axis) => {
    const field = (["head", "query", "token", "key"] as const).find(
      (f) => selection[f] !== undefined && FIELD_AXES[f].includes(dim),
    );
    return resolveRange(
      field && selection[field],
      shape[axis] ?? 0,
      `${site.name}: ${field ?? dim}`,
    );
  });
}

const SELECTION: OptionNames<Selection> = {
  head: true,
  query: true,
  key: true,
  token: true,
  pool: true,
};
const POOL: OptionNames<NonNullable<Selection["pool"]>> = { size: true, kind: true };

/** @throws InputError ERR_OPTION for a name that no selection has */
export function checkSelectionNames(what: string, selection: Selection): void {
  checkOptions(what, selection, SELECTION);
  if (selection.pool !== undefined) checkOptions(`${what} pool`, selection.pool, POOL);
}

/** A pool of 1 is none. @throws InputError ERR_SELECTION */
export function checkPool(
  what: string,
  pool: NonNullable<Selection["pool"]>,
): NonNullable<Selection["pool"]> | null {
  const { size, kind } = pool;
  if (!Number.isInteger(size) || size < 1 || !["mean", "max"].includes(kind))
    throw new InputError(
      "ERR_SELECTION",
      `${what}: expected a pool of a whole number from 1 and kind "mean" or "max", got ${size} and ${JSON.stringify(kind)}. Correct the pool.`,
    );
  return size === 1 ? null : pool;
}
