import { compileEdits } from "./act/compileEdits.ts";
import type { EditRequest } from "./act/edit.ts";
import { type EditedModel, editedModel } from "./act/editedModel.ts";
import type { SequenceLength } from "./act/editedPositions.ts";
import { checkRequests, resolveEdits } from "./act/resolveEdits.ts";
import type { DeviceDType } from "./backend/deviceTensor.ts";
import { checkCount, checkFlag, checkSignals } from "./base/checkOptions.ts";
import { hostCell } from "./base/hostCell.ts";
import { withHostSignal } from "./base/hostSignal.ts";
import { type CallFinder, callFinder } from "./chat/callTokens.ts";
import type { BatchedExecution } from "./execute/batchedExecution.ts";
import type { Execution } from "./execute/execution.ts";
import { DEFAULT_BUDGET, type Planned } from "./execute/keptBytes.ts";
import type { LogitRows } from "./execute/logitRows.ts";
import type { ModelDevice } from "./execute/modelDevice.ts";
import { planRun } from "./execute/planRun.ts";
import { CHUNK_SIZE, type RunOptions } from "./execute/runOptions.ts";
import { stepRoom } from "./execute/stepRoom.ts";
import type { TensorGroup } from "./execute/tensorGroup.ts";
import { draftCount } from "./generate/draftCount.ts";
import type { GenerateOptions } from "./generate/generateOptions.ts";
import { generateOptionsMade } from "./generate/generateOptionsMade.ts";
import { type GenerationParts, generationSizes } from "./generate/generation.ts";
import { generationDefaults } from "./generate/generationDefaults.ts";
import { checkStop, givenConfig, givenEosIds } from "./generate/givenOptions.ts";
import { checkTopLogprobs } from "./generate/likeliest.ts";
import type { GenerationConfig } from "./generate/samplingOptions.ts";
import { type ThinkingRules, thinkingRules } from "./generate/thinking/thinkingRules.ts";
import { makeRun } from "./look/makeRun.ts";
import type { Run } from "./look/run.ts";
import type { RunMade } from "./look/runMade.ts";
import type { RunModel } from "./look/runModel.ts";
import type { GeneratedNote, TokenSpan } from "./look/tokenRecords.ts";
import { inputOrigin, type ModelInput, readInput } from "./modelInput.ts";
import type { ModelParts } from "./modelParts.ts";
import type { Site } from "./plan/sites/site.ts";

/** Edits with numbers in the place of runs. */
type ResolveEdits = () => ReturnType<typeof resolveEdits>;

/** How a run is made, before it is known what its execution observes. */
export type AskedRun = Omit<RunMade, "observed">;

/** How a generation goes together with others. */
interface Together {
  readonly batch?: RunMade["batch"];
  /** What its ids were read from. Default: the ids. */
  readonly given?: ModelInput;
  readonly resolve?: ResolveEdits;
  /** Default: that of the options, and the index in the batch. */
  readonly seed?: number | undefined;
}

/** The model whose methods they are, and what it computes with. */
interface CallsOf {
  readonly model: RunModel;
  readonly parts: ModelParts;
  readonly device: ModelDevice;
  readonly catalog: readonly Site[];
  readonly floatDType: DeviceDType;
  /** The model's own `run`, for runs that are made again. */
  readonly run: (ids: readonly number[], options: RunOptions) => Promise<Run>;
}

/** What the methods of a model have in common: they read inputs, resolve edits, plan sizes, and make runs of what was executed. */
export class ModelCalls {
  readonly #model: RunModel;
  readonly #parts: ModelParts;
  readonly #device: ModelDevice;
  readonly #catalog: readonly Site[];
  readonly #floatDType: DeviceDType;
  readonly #run: CallsOf["run"];
  readonly #forgotten = new FinalizationRegistry<TensorGroup>((storage) => storage.freeAll());
  #editedModel: EditedModel | null = null;
  #findCalls: CallFinder | null = null;

  constructor({ model, parts, device, catalog, floatDType, run }: CallsOf) {
    this.#model = model;
    this.#parts = parts;
    this.#device = device;
    this.#catalog = catalog;
    this.#floatDType = floatDType;
    this.#run = run;
  }

  /** @param together seed: the text's own; where it has none, the batch's index is added to that of the options */
  generationParts(
    input: ModelInput,
    options: GenerateOptions,
    {
      batch = null,
      given = input,
      resolve = this.resolving(options.edits),
      seed: own,
    }: Together = {},
  ): Omit<GenerationParts, "begin"> {
    checkFlag("generate ignoreEos", options.ignoreEos);
    checkFlag("generate promptLogprobs", options.promptLogprobs);
    checkSignals("generate", options);
    const promptIds = this.ids(input, 1);
    const room = this.#model.spec.contextLength - promptIds.length;
    const config = this.generationConfig(options);
    const {
      maxTokens: asked,
      stop,
      ...sampling
    } = generationDefaults(config, promptIds.length, options);
    const maxTokens = Math.min(checkCount("maxTokens", asked), room);
    const chunkSize = this.chunkSize(options, promptIds.length + maxTokens);
    const draftTokens = draftCount(this.#device, this.#model.name, options, promptIds.length);
    const sizes = generationSizes(promptIds.length, { maxTokens, chunkSize, draftTokens });
    const { logits, keep, capture } = this.planned("generate", sizes, options);
    const seed = own ?? sampling.seed + (batch?.index ?? 0);
    const eosIds = options.ignoreEos === true ? [] : givenEosIds(options, this.#parts.eosIds);
    const speculate = draftTokens > 0 ? ("mtp" as const) : ("off" as const);
    const chosen = { ...sampling, seed, maxTokens, stop, chunkSize, speculate };
    const made = this.made("generate", given, {
      ...{ eosIds, chunkSize, batch, nPrompt: promptIds.length, capacity: sizes.capacity },
      options: { ...generateOptionsMade(options), ...chosen },
    });
    return {
      device: this.#device,
      promptIds,
      maxTokens,
      draftTokens,
      topLogprobs: checkTopLogprobs(options),
      promptLogprobs: options.promptLogprobs ?? true,
      sampling: { ...sampling, seed },
      stop: checkStop(stop, this.#model.name, this.#parts.tokenizer),
      eosIds,
      thinking: this.#thinkingRules(options),
      chunkSize,
      keep,
      capture,
      logits,
      edits: () => this.compiledEdits(resolve, sizes),
      signal: withHostSignal(options.signal),
      decoder: this.#parts.tokenizer?.streamDecoder() ?? null,
      makeRun: (execution, ids, rows, generated) =>
        this.makeRun(execution, ids, rows, made, generated),
    };
  }

  /** The model as edits see it, made when there are any. */
  get edited(): EditedModel {
    this.#editedModel ??= editedModel(this.#model.spec);
    return this.#editedModel;
  }

  /**
   * Checks edits, and reads the numbers that they take from other runs when they are first asked for.
   * @throws InputError ERR_EDIT, ERR_OPTION; SiteError ERR_SITE_UNKNOWN
   */
  resolving(requests: readonly EditRequest[] | undefined): ResolveEdits {
    if (requests === undefined) return async () => [];
    checkRequests(requests, this.edited);
    let resolved: ReturnType<ResolveEdits> | undefined;
    return () => {
      resolved ??= resolveEdits(requests, this.edited);
      return resolved;
    };
  }

  /** Null where nothing is to be changed. */
  async compiledEdits(resolve: ResolveEdits, length: SequenceLength) {
    const edits = await resolve();
    return edits.length === 0 ? null : compileEdits(edits, this.edited, length);
  }

  planned(
    what: "run" | "generate",
    sizes: Pick<Planned, "nPrompt" | "capacity" | "rows">,
    options: Pick<RunOptions, "keep" | "capture" | "logits" | "budget">,
  ) {
    return planRun(this.#device, this.#catalog, what, sizes, options);
  }

  async makeRun(
    execution: Execution | BatchedExecution,
    ids: readonly number[],
    logits: LogitRows,
    made: AskedRun,
    generated?: readonly GeneratedNote[],
  ): Promise<Run> {
    const run = await makeRun({
      ...{ model: this.#model, execution, ids, logits, generated },
      device: this.#device,
      catalog: this.#catalog,
      floatDType: this.#floatDType,
      tokenizer: this.#parts.tokenizer,
      calls: this.#toolCalls(ids),
      again: (edits, options) => this.#run(ids, { ...options, edits }),
      operatorTimes: this.#parts.backend.info.operatorTimes,
      made: { ...made, observed: [...execution.capture].sort() },
      save: this.#parts.saveRun ?? null,
    });
    this.#forgotten.register(run, execution.storage);
    return run;
  }

  /** Calls of tools among the ids. */
  #toolCalls(ids: readonly number[]): TokenSpan[] {
    const { tokenizer } = this.#parts;
    this.#findCalls ??= tokenizer === null ? () => [] : callFinder(tokenizer);
    return this.#findCalls(ids);
  }

  runMade(
    input: ModelInput,
    options: RunOptions,
    sizes: Pick<RunMade, "nPrompt" | "capacity" | "chunkSize"> & Partial<Pick<RunMade, "batch">>,
  ): AskedRun {
    const { keep = "attention", capture = [], logits = "last", profile = false } = options;
    const { budget = DEFAULT_BUDGET } = options;
    const { chunkSize } = sizes;
    const chosen = { keep, capture: [capture].flat(), logits, budget, chunkSize, profile };
    return this.made("run", input, { batch: null, ...sizes, eosIds: [], options: chosen });
  }

  made(
    by: RunMade["by"],
    input: ModelInput,
    rest: Omit<AskedRun, "by" | "origin" | "source">,
  ): AskedRun {
    const origin = inputOrigin(this.#parts.tokenizer, input);
    return { by, origin, source: hostCell(), ...rest };
  }

  /** Shorter than asked for where a longer step's activations do not fit into a tensor of the device. */
  chunkSize({ chunkSize = CHUNK_SIZE }: { readonly chunkSize?: number }, capacity: number) {
    return Math.min(checkCount("chunkSize", chunkSize), stepRoom(this.#device, capacity));
  }

  generationConfig(options: GenerateOptions): GenerationConfig {
    return givenConfig(options, this.#parts.generationConfig);
  }

  #thinkingRules({ thinking }: GenerateOptions): ThinkingRules | null {
    const { name, spec } = this.#model;
    const thinker = { name, nVocab: spec.nVocab, tokenizer: this.#parts.tokenizer };
    return thinkingRules("generate thinking", thinker, thinking);
  }

  /** @param reserve positions that must stay free behind the prompt */
  ids(input: ModelInput, reserve = 0): number[] {
    const { name, spec } = this.#model;
    const reader = {
      name,
      spec,
      names: this.#parts.tokenizer,
      tokenizer: () => this.#model.tokenizer,
    };
    return readInput(reader, input, reserve);
  }
}
