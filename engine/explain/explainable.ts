import { InputError } from "../base/errors.ts";
import { partsOf, type Run, type RunParts } from "../look/run.ts";
import { notRecorded } from "../record/recordErrors.ts";
import { RecordedModel } from "../record/recordedModel.ts";

/**
 * What a run is made of, where its model's weights are there too.
 * @throws RecordError ERR_NOT_RECORDED for a run of a record
 */
export function explainable(what: string, run: Run): RunParts {
  if (run.model instanceof RecordedModel)
    throw notRecorded(what, {
      expected: "a run whose model is loaded",
      got: "one of a record, which has no weights",
      fix: "Load the model, and run the prompt.",
    });
  return partsOf(run);
}

/**
 * Refuses edits behind which a computation would say something else than the run.
 * @param sites of which edits are refused
 * @throws InputError ERR_EDIT
 */
export function refuseEdits(what: string, run: Run, sites: RegExp, why: string): void {
  for (const { edit } of run.edits) {
    if (typeof edit.site !== "string" || !sites.test(edit.site)) continue;
    throw new InputError(
      "ERR_EDIT",
      `${what}: expected a run without edits of ${edit.site}, got ${JSON.stringify(edit.kind)} of it: ${why}. Run the prompt without this edit.`,
    );
  }
}

/**
 * A token's id in the vocabulary.
 * @throws InputError ERR_TOKEN_ID
 */
export function checkToken(what: string, id: number, nVocab: number): number {
  if (Number.isInteger(id) && id >= 0 && id < nVocab) return id;
  throw new InputError(
    "ERR_TOKEN_ID",
    `${what}: expected token ids from 0 to ${nVocab - 1}, got ${id}. Look ids up with model.tokenizer.tokenId.`,
  );
}

/**
 * A position, from the end where it is negative.
 * @throws InputError ERR_SELECTION
 */
export function checkPosition(what: string, position: number, nTokens: number): number {
  const at = position < 0 ? nTokens + position : position;
  if (Number.isInteger(at) && at >= 0 && at < nTokens) return at;
  throw new InputError(
    "ERR_SELECTION",
    `${what}: expected positions from ${-nTokens} to ${nTokens - 1}, got ${position}. Choose one that exists.`,
  );
}
