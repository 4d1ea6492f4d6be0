import { editError } from "../act/checkEdit.ts";
import type { CompiledEdits } from "../act/compileEdits.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import { kindOfEdits } from "./kindOfEdits.ts";

const ALONE = "Make these edits in runs and generations alone.";

/**
 * What the steps of a batch are specialised with, where each sequence's edits are compiled for its own length: they come to
 * the same operators and numbers, and differ in the rows that they are for alone.
 * @returns those of any sequence; null: nothing is changed
 * @throws InputError ERR_EDIT for edits that sequences cannot have in the same steps
 */
export function batchedEdits(compiled: readonly (CompiledEdits | null)[]): CompiledEdits | null {
  const [first = null, ...others] = compiled;
  if (first === null) return null;
  // It could ask for the device, which is the step's until that is over.
  const cut = first.cuts.find(({ by }) => by === "a function");
  if (cut !== undefined)
    throw editError(cut.what, "edits that are data, for prompts together", cut.by, ALONE);
  const { maps, masks } = first.changes;
  if (maps.length + masks.size > 0)
    throw editError(
      "edits",
      "edits of values and experts, for prompts together",
      "one of an attention map, which is as wide as its sequence",
      ALONE,
    );
  const isAlike = (other: CompiledEdits | null) =>
    other !== null &&
    kindOfEdits(other) === kindOfEdits(first) &&
    haveSameCuts(other, first) &&
    haveSameNumbers(other.changes, first.changes);
  if (!others.every(isAlike))
    throw editError(
      "edits",
      "edits that come to the same for each of the prompts",
      "other operators or numbers for some of them",
      ALONE,
    );
  return first;
}

/** What they make of a row is each sequence's own. */
function haveSameCuts({ cuts: a }: CompiledEdits, { cuts: b }: CompiledEdits): boolean {
  const isSame = (cut: CompiledEdits["cuts"][number], i: number) =>
    cut.target.value === b[i]?.target.value && cut.source?.value === b[i]?.source?.value;
  return a.length === b.length && a.every(isSame);
}

function haveSameNumbers(a: PlanChanges, b: PlanChanges): boolean {
  return [...a.constants].every(([name, { data }]) => {
    const other = b.constants.get(name)?.data;
    return other !== undefined && data.every((value, i) => Object.is(value, other[i]));
  });
}
