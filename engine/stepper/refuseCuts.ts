import { editError } from "../act/checkEdit.ts";
import type { CompiledEdits } from "../act/compileEdits.ts";

/** @throws InputError ERR_EDIT for functions of users: going back and on would call them again */
export function refuseCuts(edits: CompiledEdits | null): void {
  const cut = edits?.cuts.find(({ by }) => by === "a function");
  if (cut === undefined) return;
  const instead = "A stepper stops between operators anyway: runTo the site and set it.";
  throw editError(cut.what, "edits that are data", cut.by, instead);
}
