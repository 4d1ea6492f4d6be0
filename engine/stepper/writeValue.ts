import { checkEdit, editError } from "../act/checkEdit.ts";
import type { Edit, ValueEdit } from "../act/edit.ts";
import type { EditedModel } from "../act/editedModel.ts";
import { editedPositions } from "../act/editedPositions.ts";
import { editTarget } from "../act/editTarget.ts";
import { rowsOf } from "../act/rowsOf.ts";
import { InputError } from "../base/errors.ts";
import type { OpenStep } from "../execute/openStep.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import type { StepPlan } from "./stepPlan.ts";

/**
 * Carries out a replacement by hand, between two operators.
 * @returns the operator that had written the value
 * @throws InputError ERR_EDIT, ERR_NOT_COMPUTED; SiteError ERR_SITE_UNKNOWN
 */
export async function writeValue(
  open: OpenStep,
  plan: StepPlan,
  model: EditedModel,
  edit: Edit,
  executed: number,
): Promise<number> {
  checkEdit("set", edit);
  const { site: name, head, position, value } = edit as ValueEdit;
  const { start, nTokens } = open.step;
  const target = editTarget("set", plan.plan, findSite(name, model.sites), head ?? null);
  if (target.map !== null && target.map !== undefined)
    throw editError(
      "set",
      "a site with rows of numbers",
      `the map ${name}`,
      "Edit it from the beginning, or set hook_z.",
    );
  const found = plan.place(name);
  if (found === null || executed <= found.writer)
    throw new InputError(
      "ERR_NOT_COMPUTED",
      `set ${name}: expected numbers that are there, got a stepper after ${executed} operators. Call runTo(${JSON.stringify(name)}) first.`,
    );
  const reader = plan.readerBefore(target.value, executed);
  if (reader !== null)
    throw editError(
      "set",
      `numbers that no operator has read yet`,
      `${name}, which ${reader} has read`,
      "Go back to before it: back(), or edits from the beginning.",
    );
  const span = editedPositions("set", position, {
    nPrompt: start + nTokens,
    capacity: start + nTokens,
  });
  if (span.start < start)
    throw editError(
      "set",
      `positions of this step, ${start} to ${start + nTokens - 1}`,
      String(span.start),
      "Earlier tokens have gone through; go back to their step.",
    );
  const count = span.end - span.start;
  const numbers = rowsOf("set", value, target.columnCount, count);
  const rows = Float64Array.from(await open.read(target.value));
  const width = rows.length / nTokens;
  const isOne = numbers.shape[0] === 1;
  for (let i = 0; i < count; i++) {
    const from = isOne ? 0 : i * target.columnCount;
    rows.set(
      numbers.data.subarray(from, from + target.columnCount),
      (span.start - start + i) * width + target.columnStart,
    );
  }
  await open.write(target.value, rows);
  return found.writer;
}
