import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { type IndexOrRange, type Range, resolveRange } from "../tensor/indexRange.ts";

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
