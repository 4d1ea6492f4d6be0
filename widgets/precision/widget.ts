import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { type PrecisionState, precisionText } from "./data.ts";
import { measurePrecision, type PrecisionRun } from "./measurePrecision.ts";
import { precisionPicture } from "./staticPicture.ts";
import { precisionTables } from "./tables.ts";

export interface PrecisionOptions {
  /**
   * Sites that are compared, without their block's name, e.g. ["hook_resid_post", "attn.hook_z"]. Default: what blocks add and leave,
   * and all whose numbers both runs have.
   */
  readonly sites?: readonly string[];
}

const OPTIONS: OptionNames<PrecisionOptions> = { sites: true };

/**
 * A run beside a reference of the same tokens, such as one of a checkpoint in FP8, MXFP4 or four bits beside that in bf16: the error of
 * every site in every layer, tokens of which another one is likeliest, routes that changed. Sites that a run did not capture are
 * captured by running its tokens once more.
 * @throws KernelError ERR_OPTION; TypeError for runs of other tokens or shapes, or for a site that does not exist
 */
export async function precision(
  run: PrecisionRun,
  reference: PrecisionRun,
  options: PrecisionOptions = {},
): Promise<Picture<PrecisionState>> {
  checkOptions("precision", options, OPTIONS);
  const record = await measurePrecision(run, reference, options.sites ?? null);
  return new Picture<PrecisionState>({
    name: "precision",
    esm: viewSource("precision"),
    state: { ...record, runId: run.id, referenceId: reference.id },
    svg: () => precisionPicture(record),
    text: () => precisionText(record),
    tables: () => precisionTables(record),
  });
}
