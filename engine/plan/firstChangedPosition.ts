import type { PlanChanges, PositionRows } from "./planChanges.ts";

/**
 * The first position whose row changes change: rows before it are those of the plan without them, since no row depends on a later one.
 * 0 where something is changed at every position; Infinity where nothing is.
 */
export function firstChangedPosition(changes: PlanChanges): number {
  if (changes.shift > 0) return 0;
  if (changes.attentions.some(({ temperatures }) => temperatures !== null)) return 0;
  const ofMasks = [...changes.masks.values()].map(({ rows }) => rows);
  return Math.min(...[...changes.rows.values(), ...ofMasks].map(firstOf));
}

/** Numbers below 0 stand for no change. */
function firstOf({ width, data }: PositionRows): number {
  const index = data.findIndex((row) => row >= 0);
  return index === -1 ? Number.POSITIVE_INFINITY : Math.floor(index / width);
}
