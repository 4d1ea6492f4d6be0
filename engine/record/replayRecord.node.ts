import type { Edit, EditRequest } from "../act/edit.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { ProgressListener } from "../base/progress.ts";
import { Dictionary } from "../dictionary/dictionary.ts";
import { openReference } from "../dictionary/openReference.node.ts";
import type { RunOptions } from "../execute/runOptions.ts";
import type { GenerateOptions } from "../generate/generateOptions.ts";
import type { GeneratedToken } from "../generate/generation.ts";
import type { Run } from "../look/run.ts";
import type { RunModel } from "../look/runModel.ts";
import { checkSameModel, modelNotes } from "./checkSameModel.node.ts";
import { compareReplay, type ReplayDifference } from "./compareReplay.node.ts";
import { isComputed } from "./isComputed.ts";
import { isLaterValue } from "./isLaterValue.ts";
import { type RunRecordRead, readRunRecord } from "./readRunRecord.node.ts";

/** What a replay needs of a model; the engine's is one. */
export interface ReplayingModel extends RunModel {
  run(ids: readonly number[], options: RunOptions): Promise<Run>;
  generate(
    ids: readonly number[],
    options: GenerateOptions,
  ): AsyncIterable<GeneratedToken> & { readonly run: Run };
}

export interface ReplayOptions {
  /** Of the prompt's tokens. */
  readonly onProgress?: ProgressListener;
  /** Ends it between steps; replayRecord then throws AbortedError. */
  readonly signal?: AbortSignal;
}

const REPLAY_OPTIONS: OptionNames<ReplayOptions> = { onProgress: true, signal: true };

/** What became of a replay. */
export interface Replay {
  /** Every token and every stored tensor came out with the same bits. */
  readonly same: boolean;
  /** Tensors that were compared. */
  readonly compared: number;
  /** The first place where they part, in the order of the forward pass; null where none does. */
  readonly difference: ReplayDifference | null;
  /** What is not as it was when the record was made and may be why: the backend, its driver, files beside the weights. */
  readonly notes: readonly string[];
}

/**
 * Runs a record's tokens through the model again, with the options that it has, and holds every stored tensor against what comes out,
 * bit for bit. A generation is decoded again from its seed.
 * @param model the one that ran, by its weights' sha256; on any backend: the same one gives the same bits
 * @throws RecordError ERR_RECORD_MODEL for another model, and as `loadRun`; InputError ERR_REPLAY for a run with functions in its edits
 * or made by a stepper; AbortedError ERR_ABORTED
 */
export async function replayRecord(
  folder: string,
  model: ReplayingModel,
  options: ReplayOptions = {},
): Promise<Replay> {
  checkOptions("replayRecord", options, REPLAY_OPTIONS);
  checkSignals("replayRecord", options);
  const read = await readRunRecord(folder);
  refuseUnrepeatable(read);
  await checkSameModel(read, model);
  const run = await runAgain(read, model, options);
  try {
    const { compared, difference } = await compareReplay(read, run, model);
    return {
      same: difference === null,
      compared,
      difference,
      notes: await modelNotes(read, model),
    };
  } finally {
    run.dispose();
  }
}

/** @throws InputError ERR_REPLAY */
function refuseUnrepeatable({ content, edits }: RunRecordRead): void {
  const refuse = (expected: string, got: string, fix: string): never => {
    throw new InputError("ERR_REPLAY", `replay: expected ${expected}, got ${got}. ${fix}`);
  };
  if (content.made_by === "step")
    refuse(
      "a record of model.run or model.generate",
      "one of a stepper",
      "Save run.again() of it.",
    );
  if (edits?.touched.some(({ edit }) => edit.kind === "change"))
    refuse(
      "edits that are data",
      "a function",
      "Save the function's numbers as an edit of another kind.",
    );
  const { thinking } = content.options;
  if (isObject(thinking) && thinking.onEnd !== undefined)
    refuse("rules of thinking that are data", "the function onEnd", "Generate without it.");
}

/** @throws ConfigError ERR_DICTIONARY where the files of its dictionary are gone or others */
async function withDictionary(edit: Edit): Promise<Edit> {
  if (edit.kind !== "features" || edit.dictionary instanceof Dictionary) return edit;
  return { ...edit, dictionary: await openReference(edit.dictionary, ".") };
}

async function runAgain(read: RunRecordRead, model: ReplayingModel, options: ReplayOptions) {
  const { content, edits, tensors, catalog, tokens, positions: logits } = read;
  const recorded: readonly Edit[] = edits?.touched.map(({ edit }) => edit) ?? [];
  const given = await Promise.all(recorded.map(withDictionary));
  const stored = catalog.filter(
    (site) =>
      site.source.kind !== "logits" &&
      !isComputed(site) &&
      site.needs.every((value) => tensors.has(value) || isLaterValue(value)),
  );
  const capture = stored.map(({ name }) => name);
  const shared = { capture, logits, budget: Number.POSITIVE_INFINITY, profile: false };
  const asked = { ...content.options, ...shared, edits: given as readonly EditRequest[] };
  const { signal, onProgress } = options;
  const nPrompt = content.sizes.n_prompt;
  const ids = tokens.map(({ id }) => id);
  if (content.made_by === "run")
    return model.run(ids, {
      ...asked,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    } as RunOptions);
  const ends = content.eos_ids;
  const generation = model.generate(ids.slice(0, nPrompt), {
    ...asked,
    ignoreEos: ends.length === 0,
    generationConfig: ends.length === 0 ? {} : { eos_token_id: ends },
    ...(signal && { signal }),
  } as GenerateOptions);
  return decoded(generation, tokens.length, signal);
}

/** Up to the end, or one token further than the record, which may have been broken off. */
async function decoded(
  generation: AsyncIterable<GeneratedToken> & { readonly run: Run },
  nTokens: number,
  signal: AbortSignal | undefined,
): Promise<Run> {
  for await (const { index } of generation) if (index >= nTokens) break;
  if (signal?.aborted) {
    generation.run.dispose();
    throw new AbortedError(undefined, { cause: signal.reason });
  }
  return generation.run;
}
