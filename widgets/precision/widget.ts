import type { Model, ModelInput } from "../../engine/index.node.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { type PrecisionState, precisionText } from "./data.ts";
import { measurePrecision, type PrecisionRun } from "./measurePrecision.ts";
import { withModelRuns } from "./modelRuns.ts";
import { precisionPicture } from "./staticPicture.ts";
import { precisionTables } from "./tables.ts";
import type { PrecisionProgress } from "./watch.ts";

/** A model that is run for the comparison: the engine's. */
export type PrecisionModel = Pick<Model, "record" | "sites" | "estimate" | "run">;

export interface PrecisionOptions {
  /** Of two models: what both run, as the first one's tokenizer reads it; the reference is given the same ids. */
  readonly prompt?: ModelInput;
  /**
   * Sites that are compared, without their block's name, e.g. ["hook_resid_post", "attn.hook_z"]. Default: what blocks add and leave,
   * and all whose numbers both runs have.
   */
  readonly sites?: readonly string[];
  readonly onProgress?: (progress: PrecisionProgress) => void;
  readonly signal?: AbortSignal;
}

const OPTIONS: OptionNames<PrecisionOptions> = {
  prompt: true,
  sites: true,
  onProgress: true,
  signal: true,
};

/**
 * A run beside a reference of the same tokens, such as one of a checkpoint in FP8, MXFP4 or four bits beside that in bf16: the error of
 * every site in every layer, tokens of which another one is likeliest, routes that changed. Sites that a run did not capture are
 * captured by running its tokens once more. Two models are run on `prompt`, each once with all that is compared, and their runs are
 * disposed of.
 * @throws KernelError ERR_OPTION; TypeError for runs of other tokens or shapes, for a site that does not exist, or a run beside a
 * model; of models as `run`; what the signal was aborted with
 */
export async function precision(
  run: PrecisionRun | PrecisionModel,
  reference: PrecisionRun | PrecisionModel,
  options: PrecisionOptions = {},
): Promise<Picture<PrecisionState>> {
  checkOptions("precision", options, OPTIONS);
  const { prompt, sites = null, onProgress, signal } = options;
  const watch = { onProgress, signal };
  const picture = async (own: PrecisionRun, other: PrecisionRun) =>
    pictureOf(await measurePrecision(own, other, sites, watch), own, other);
  if (!isModel(run) && !isModel(reference)) {
    if (prompt === undefined) return picture(run, reference);
    throw new TypeError(
      "precision prompt: expected two models to run it, got two runs, which have their tokens. Leave it out, or pass the models.",
    );
  }
  if (!isModel(run) || !isModel(reference))
    throw new TypeError(
      "precision: expected two runs, or two models and a prompt, got a run and a model. Run the model on the run's ids, or pass both models.",
    );
  if (prompt === undefined)
    throw new TypeError(
      "precision prompt: expected what both models are to run, got none. Write precision(model, reference, { prompt }).",
    );
  return withModelRuns<ModelInput, Picture<PrecisionState>>(
    [run, reference],
    prompt,
    { sites, ...watch },
    picture,
  );
}

const isModel = (source: PrecisionRun | PrecisionModel): source is PrecisionModel =>
  "run" in source && typeof source.run === "function";

function pictureOf(
  record: Awaited<ReturnType<typeof measurePrecision>>,
  run: PrecisionRun,
  reference: PrecisionRun,
): Picture<PrecisionState> {
  return new Picture<PrecisionState>({
    name: "precision",
    esm: viewSource("precision"),
    state: { ...record, runId: run.id, referenceId: reference.id },
    svg: () => precisionPicture(record),
    text: () => precisionText(record),
    tables: () => precisionTables(record),
  });
}
