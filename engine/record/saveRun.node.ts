import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { weightDtypes } from "../execute/weightDtypes.ts";
import { partsOf, type Run, type RunParts } from "../look/run.ts";
import { SAVE_OPTIONS, type SaveOptions } from "../look/saveOptions.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { writeSafetensors } from "../weights/writeSafetensors.node.ts";
import { chooseTensors } from "./chooseTensors.ts";
import { withoutHome } from "./homePath.node.ts";
import { recordedEdits } from "./recordedEdits.ts";
import type { RunContent } from "./runContent.ts";
import { type RunIdentity, runIdentity } from "./runIdentity.node.ts";
import { templateHash } from "./templateHash.node.ts";
import { TENSORS } from "./tensorNames.ts";
import { tensorSources } from "./tensorSources.node.ts";
import { writeRecord } from "./writeRecord.node.ts";
import { writeRunTables } from "./writeRunTables.node.ts";

const DEFAULT_BYTES = 2 ** 28;

/** What `run.save` does in Node, for models of `createModel`. @returns the record's id @throws as `run.save` */
export async function saveRun(
  run: Run,
  folder: string,
  options: SaveOptions = {},
): Promise<string> {
  checkOptions("save", options, SAVE_OPTIONS);
  const { bytes = DEFAULT_BYTES, sites = [] } = options;
  if (typeof bytes !== "number" || !(bytes >= 0))
    throw new InputError(
      "ERR_OPTION",
      `save bytes: expected a number of bytes from 0, got ${JSON.stringify(bytes)}. Leave it out for ${DEFAULT_BYTES}.`,
    );
  const parts = partsOf(run);
  const asked = matchSites(sites, parts.catalog as readonly Site[]);
  return writeRecord(folder, "run", async (temporary) => {
    const identity = await runIdentity(run.model);
    const chosen = chooseTensors(parts.state, parts.catalog, asked, bytes);
    await run.capture(chosen.bring);
    if (chosen.logits.length > parts.state.logits.size) await run.get("hook_logits");
    const edits = recordedEdits((parts.state.edits?.touched ?? []).map(({ edit }) => edit));
    const tensors = tensorSources(run, chosen, edits.tensors);
    await writeSafetensors(join(temporary, TENSORS), tensors);
    const leftOut = await writeRunTables(run, chosen, (name, table) =>
      writeFile(join(temporary, name), table),
    );
    const content: RunContent = {
      ...contentOf(run, parts, identity),
      edits: edits.json,
      left_out: [...chosen.leftOut, ...leftOut],
    };
    return content as unknown as JsonObject;
  });
}

function contentOf(
  run: Run,
  { state, made, keep, record, operatorTimes }: RunParts,
  identity: RunIdentity,
): Omit<RunContent, "edits" | "left_out"> {
  const { model } = run;
  const { batch, options, eosIds, source } = made;
  const isDrawn = made.by === "generate" && Number(options.temperature) > 0;
  return {
    run_id: run.id,
    model: {
      name: model.name,
      location: withoutHome(model.location),
      weights_sha256: identity.weightsSha256,
      weight_dtypes: weightDtypes(state.device.weights),
      files: identity.files,
      record: model.record,
      spec: model.spec,
    },
    backend: record.backend,
    operator_times: operatorTimes,
    prompt: promptOf(run, made.origin()),
    made_by: made.by,
    options: plainOptions(options),
    sampler: isDrawn ? { algorithm: "pcg32", seed: Number(options.seed) } : null,
    eos_ids: eosIds,
    observed: made.observed,
    sizes: {
      n_tokens: state.nTokens,
      n_prompt: made.nPrompt,
      capacity: made.capacity,
      rows: state.rows,
      chunk_size: made.chunkSize,
    },
    batch: batch && {
      index: batch.index,
      n_prompts: batch.nPrompts,
      at_once: batch.atOnce,
      share_prefix: batch.sharePrefix,
    },
    keep,
    prompt_logprobs: record.promptLogprobs !== false,
    logit_rows: run.logitRows,
    source,
  };
}

function promptOf(run: Run, origin: ReturnType<RunParts["made"]["origin"]>): RunContent["prompt"] {
  const { template } = origin;
  if (template === null) return { ...origin, template_sha256: null }; // a model without a tokenizer is not asked for it
  return { ...origin, template_sha256: templateHash(run.model.tokenizer, template) };
}

/** Functions among them as their text. */
function plainOptions(options: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      if (typeof value === "function") return [name, String(value)];
      return [name, isObject(value) ? plainOptions(value) : value];
    }),
  );
}
