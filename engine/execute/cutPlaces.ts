import type { Cut } from "../act/cuts.ts";
import type { Plan } from "../plan/plan.ts";

/** Where in a plan a function of the host has its turn. */
export interface CutPlace {
  readonly cut: Cut;
  /** Place in the list of cuts. */
  readonly number: number;
  /** The operator behind which it has its turn: the one that writes its value. */
  readonly index: number;
}

/** In the order of the forward pass; at one operator in that of the list. */
export function cutPlaces({ ops }: Plan, cuts: readonly Cut[]): CutPlace[] {
  return cuts
    .map((cut, number) => ({
      cut,
      number,
      index: ops.findLastIndex(({ outputs }) => outputs.includes(cut.target.value)),
    }))
    .sort((a, b) => a.index - b.index);
}
