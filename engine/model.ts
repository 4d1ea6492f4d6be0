import { compileEdits } from "./act/compileEdits.ts";
import { editedModel } from "./act/editedModel.ts";
import { resolveEdits } from "./act/resolveEdits.ts";
import { modelAnatomy } from "./anatomy/modelAnatomy.ts";
import type { BackendName } from "./backend/backend.ts";
import type { DeviceDType } from "./backend/deviceTensor.ts";
import { checkCount, checkFlag, checkOptions, checkSignals } from "./base/checkOptions.ts";
import { BackendError, ConfigError, InputError } from "./base/errors.ts";
import { withHostSignal } from "./base/hostSignal.ts";
import type { ChatBatch } from "./chat/chatBatch.ts";
import type { ChatGeneration } from "./chat/chatGeneration.ts";
import type { ChatAllOptions, ChatGenerateOptions } from "./chat/chatOptions.ts";
import { OpenBatch } from "./chat/openBatch.ts";
import { startChat, startChats } from "./chat/startChat.ts";
import { type ExplainedPlan, explainPlan } from "./cost/explainPlan.ts";
import { modelRecord } from "./cost/modelRecord.ts";
import {
  OPEN_BATCH_OPTIONS,
  type OpenBatchOptions,
  RUN_ALL_OPTIONS,
  type RunAllOptions,
} from "./execute/batchOptions.ts";
import { checkProfile } from "./execute/checkProfile.ts";
import { type DeviceMemory, deviceMemory } from "./execute/deviceMemory.ts";
import { type Estimate, estimate } from "./execute/estimate.ts";
import { ESTIMATE_OPTIONS, type EstimateOptions } from "./execute/estimateOptions.ts";
import { Execution } from "./execute/execution.ts";
import { LogitRows } from "./execute/logitRows.ts";
import { ModelDevice } from "./execute/modelDevice.ts";
import { checkKeep, wantedValues } from "./execute/planRun.ts";
import { prefill } from "./execute/prefill.ts";
import { CHUNK_SIZE, RUN_OPTIONS, type RunOptions } from "./execute/runOptions.ts";
import { weightDtypes } from "./execute/weightDtypes.ts";
import { type LinearOptions, linear } from "./explain/linear.ts";
import { readWeight, type WeightOptions } from "./explain/readWeight.ts";
import { type SoftmaxOptions, softmax } from "./explain/softmax.ts";
import { type TopKOptions, topK } from "./explain/topK.ts";
import {
  GENERATE_ALL_OPTIONS,
  GENERATE_OPTIONS,
  type GenerateAllOptions,
  type GenerateOptions,
} from "./generate/generateOptions.ts";
import { Generation } from "./generate/generation.ts";
import { GenerationBatch } from "./generate/generationBatch.ts";
import { type GenerationDefaults, generationDefaults } from "./generate/generationDefaults.ts";
import { givenSeeds } from "./generate/givenOptions.ts";
import {
  type SpeculationWorth,
  type SpeculationWorthOptions,
  speculationWorth,
} from "./generate/speculationWorth.ts";
import {
  type AttributionPatchingOptions,
  attributionPatching,
} from "./gradient/attributionPatching.ts";
import { backward, type Gradients } from "./gradient/backward.ts";
import type { BackwardOptions } from "./gradient/backwardOptions.ts";
import type { Run } from "./look/run.ts";
import { RunBatch } from "./look/runBatch.ts";
import type { ModelSpec } from "./model/spec.ts";
import { type AskedRun, ModelCalls } from "./modelCalls.ts";
import { checkInputs, isPairs, type ModelInput } from "./modelInput.ts";
import type { ModelParts } from "./modelParts.ts";
import { modelText } from "./modelText.ts";
import { attentionForm } from "./plan/attentionForm.ts";
import { type Site, type SiteInfo, siteInfo } from "./plan/sites/site.ts";
import { siteCatalog } from "./plan/sites/siteCatalog.ts";
import { refuseCuts } from "./stepper/refuseCuts.ts";
import { STEP_OPTIONS, type StepOptions } from "./stepper/stepOptions.ts";
import { Stepper } from "./stepper/stepper.ts";
import { runSweep } from "./sweep/runSweep.ts";
import type { SweepEffects } from "./sweep/sweepEffects.ts";
import type { SweepAxisName, SweepOptions, SweepPair } from "./sweep/sweepOptions.ts";
import type { ChatMessage, ChatOptions } from "./template/chat.ts";
import type { Axis } from "./tensor/axis.ts";
import type { Tensor, TensorTopK } from "./tensor/tensor.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";
import type { BackendRecord, ModelAnatomy, ModelRecord } from "./trace/schema.ts";

/** Sequences of a batch that have a cache at the same time. */
const AT_ONCE = 32;

/** A loaded model. It owns its backend: `dispose` frees every buffer on the device, those of its runs included. */
export class Model {
  readonly name: string;
  /** Where the checkpoint was read from: a folder, or what the caller of `createModel` says. */
  readonly location: string;
  readonly spec: ModelSpec;
  readonly record: ModelRecord;
  /** Where it computes, why there, and whether that is a device rather than one rendered in software. */
  readonly backend: BackendRecord & {
    readonly name: BackendName;
    readonly reason: string;
    readonly hardware: boolean;
  };
  /** Tensors of the checkpoint that nothing uses: copies of tied weights, draft modules after the first. */
  readonly ignoredTensors: readonly string[];
  /** Quantised weights that are kept as floats all the same, and what the checkpoint has them as; `plan.explain()` shows them. */
  readonly widenedWeights: ReadonlyMap<string, string>;
  readonly #parts: ModelParts;
  readonly #device: ModelDevice;
  readonly #catalog: readonly Site[];
  readonly #floatDType: DeviceDType;
  readonly #calls: ModelCalls;
  #disposed = false;

  /** Models come from `loadModel` or `createModel`. */
  constructor(parts: ModelParts) {
    const { name, spec, backend, weights, prefixCacheBytes = 0 } = parts;
    this.#parts = parts;
    this.name = name;
    this.location = parts.location;
    this.spec = spec;
    this.record = modelRecord(name, parts.hash, spec);
    const { name: backendName, device, driver, arithmetic, hardware } = backend.info;
    const reason = parts.backendReason;
    this.backend = { name: backendName, device, driver, arithmetic, hardware, reason };
    this.ignoredTensors = parts.ignoredTensors;
    this.widenedWeights = parts.widenedWeights;
    this.#catalog = siteCatalog(spec);
    this.#floatDType = backendName === "reference" ? "f64" : "f32";
    const assertLive = () => this.#assertLive();
    this.#device = new ModelDevice({ backend, spec, weights, assertLive, prefixCacheBytes });
    this.#calls = new ModelCalls({
      model: this,
      parts,
      device: this.#device,
      catalog: this.#catalog,
      floatDType: this.#floatDType,
      run: (ids, options) => this.run(ids, options),
    });
  }

  /** @throws ConfigError ERR_TOKENIZER_MISSING, ERR_TOKENIZER where the checkpoint has none that is run here */
  get tokenizer(): Tokenizer {
    const { tokenizer, tokenizerError: why } = this.#parts;
    if (tokenizer !== null) return tokenizer;
    if (why !== undefined)
      throw new ConfigError(why.code, `${why.message} Or pass token ids instead of text.`, {
        cause: why,
      });
    throw new ConfigError(
      "ERR_TOKENIZER_MISSING",
      `${this.name}: expected a tokenizer.json beside the weights, got none. Add the model's tokenizer.json, or pass token ids instead of text.`,
    );
  }

  /** A token's own text, as `tokenizer.tokenText` has it; where the model has no tokenizer, <id 17>. */
  tokenText(id: number): string {
    return this.#parts.tokenizer?.tokenText(id) ?? `<id ${id}>`;
  }

  /** The forward pass as it is written down, in the form that decoding takes. */
  get plan(): ExplainedPlan {
    const plan = this.#device.plans.forward();
    const { weights, widenedWeights } = this.#parts;
    return {
      ...plan,
      explain: () => explainPlan(plan, weights, widenedWeights, this.#floatDType),
    };
  }

  /**
   * What `generate` uses where the caller says nothing: generation_config.json, or the fields of it that config.json has
   * where there is no such file. What counts the prompt is told for none.
   * @throws InputError ERR_SAMPLING, ConfigError ERR_GENERATION_CONFIG where the file asks for what cannot be done
   */
  get generationDefaults(): GenerationDefaults {
    return generationDefaults(this.#parts.generationConfig, 0);
  }

  /** How many weights lie on the device in each form, e.g. { f32: 41, q4_0: 12 }: as the checkpoint has them, or as `dtype` asked. */
  get weightDtypes(): Readonly<Record<string, number>> {
    return weightDtypes(this.#parts.weights);
  }

  /** Every place where this model can be observed. */
  sites(): SiteInfo[] {
    return this.#catalog.map(siteInfo);
  }

  /**
   * A weight as floats, whole or some rows of it: what the operators multiply by. Packed ones are rounded once, to f32.
   * @param name one of `plan.weights`, e.g. "blocks.3.attn.q"; its shape is that of the plan, with outputs before inputs
   * @returns f32 (reference: f64)
   * @throws InputError ERR_WEIGHT_UNKNOWN, ERR_OPTION, ERR_SELECTION; BackendError ERR_DISPOSED
   */
  async weight(name: string, options: WeightOptions = {}): Promise<Tensor> {
    this.#assertLive();
    return readWeight(this.#device, name, options);
  }

  /**
   * x weight^T on the model's backend, with its arithmetic, such as residuals through the unembedding.
   * @param x (..., K)
   * @param weight one of `plan.weights` with two axes, or a tensor: (N, K), outputs before inputs
   * @returns (..., N) f32 (reference: f64)
   * @throws ShapeError ERR_SHAPE, ERR_DTYPE; InputError ERR_WEIGHT_UNKNOWN, ERR_OPTION; AbortedError ERR_ABORTED; BackendError
   */
  async linear(x: Tensor, weight: string | Tensor, options: LinearOptions = {}): Promise<Tensor> {
    this.#assertLive();
    return linear(this.#device, x, weight, options);
  }

  /** `x.softmax(axis)`, bit for bit: by the threads of cpu, or else on the host. @throws ShapeError ERR_SHAPE; InputError ERR_OPTION; AbortedError ERR_ABORTED; BackendError */
  softmax(x: Tensor, axis: Axis = -1, options: SoftmaxOptions = {}): Promise<Tensor> {
    return softmax(this.#device, "softmax", x, axis, options);
  }

  /** The natural logarithm of `softmax`, as `x.logSoftmax(axis)` has it. @throws as `softmax` */
  logSoftmax(x: Tensor, axis: Axis = -1, options: SoftmaxOptions = {}): Promise<Tensor> {
    return softmax(this.#device, "logSoftmax", x, axis, options);
  }

  /** `x.topK(k, axis)`: by the threads of cpu, or else on the host. @throws ShapeError ERR_SHAPE, ERR_RANGE; InputError ERR_OPTION; AbortedError ERR_ABORTED; BackendError */
  topK(x: Tensor, k: number, axis: Axis = -1, options: TopKOptions = {}): Promise<TensorTopK> {
    return topK(this.#device, x, k, axis, options);
  }

  /** The plan told part by part: operators, shapes, parameters, sites; layers that are built alike once. Counted, not measured. */
  anatomy(): ModelAnatomy {
    return modelAnatomy(this.name, this.spec);
  }

  /**
   * One forward pass over the input.
   * @throws InputError ERR_PROMPT_TOO_LONG, ERR_PROMPT_EMPTY, ERR_TOKEN_ID, ERR_OPTION; SiteError ERR_SITE_UNKNOWN;
   * AbortedError ERR_ABORTED; BackendError, ERR_NO_TIMESTAMPS among them
   */
  async run(input: ModelInput, options: RunOptions = {}): Promise<Run> {
    this.#assertLive();
    checkOptions("run", options, RUN_OPTIONS);
    checkSignals("run", options);
    const profile = checkProfile("run", options.profile, this.#parts.backend.info);
    const ids = this.#calls.ids(input);
    const chunkSize = this.#calls.chunkSize(options, ids.length);
    const rows = Math.min(chunkSize, ids.length);
    const length = { nPrompt: ids.length, capacity: ids.length };
    const { logits, ...planned } = this.#calls.planned("run", { ...length, rows }, options);
    const made = this.#calls.runMade(input, options, { ...length, chunkSize });
    const edits = await this.#calls.compiledEdits(this.#calls.resolving(options.edits), length);
    const execution = new Execution(this.#device, { ...planned, edits, profile });
    try {
      await prefill(this.#device, execution, ids, logits, {
        chunkSize,
        onProgress: options.onProgress,
        signal: withHostSignal(options.signal),
      });
      return await this.#calls.makeRun(execution, ids, logits, made);
    } catch (error) {
      execution.dispose();
      throw error;
    }
  }

  /**
   * Edits the forward pass in every cell of a grid (layers, positions, heads), one cell at a time, and measures what that does
   * to a number made of the logits. The numbers are those of `run` with the cell's edits, bit for bit; what comes before the
   * first edit is not computed again.
   * @param input one prompt, or several pairs of a prompt and what goes with it: effects then are means over pairs, with intervals
   * @throws InputError ERR_OPTION, ERR_SELECTION, ERR_EDIT, and as `run`; SiteError ERR_SITE_UNKNOWN; AbortedError ERR_ABORTED;
   * BackendError
   */
  async sweep<
    const Axis extends SweepAxisName,
    Pair extends SweepPair<ModelInput> = SweepPair<ModelInput>,
  >(input: ModelInput | readonly Pair[], options: SweepOptions<Axis, Pair>): Promise<SweepEffects> {
    this.#assertLive();
    const pairs = isPairs(input) ? input : [{ prompt: input } as Pair];
    return runSweep(
      {
        device: this.#device,
        edited: this.#calls.edited,
        chunkSize: (nTokens) => this.#calls.chunkSize(options, nTokens),
        tokenText: (id) => this.tokenText(id),
      },
      pairs.map((pair) => ({ pair, ids: this.#calls.ids(pair.prompt) })),
      options,
    );
  }

  /**
   * The gradient of a metric at sites of a run, in float64: one more forward pass over its tokens, then one pass back. Weights are held
   * fixed, and so is what is chosen: experts, and the keys of sparse attention. Edits of the run are part of the function.
   * @throws InputError ERR_OPTION, ERR_TOKEN_ID, ERR_SELECTION, ERR_GRADIENT, ERR_BUDGET; SiteError ERR_SITE_UNKNOWN;
   * AbortedError ERR_ABORTED; BackendError, ERR_NO_GRADIENTS on webgpu among them
   */
  async backward(run: Run, options: BackwardOptions): Promise<Gradients> {
    this.#assertLive();
    return backward(this.#gradientModel, run, options);
  }

  /**
   * Estimates what patching each cell of a grid from one run into another does to a metric, from one pass back: the sum over the cell of
   * (clean - corrupted) times the metric's gradient in the corrupted run. It is what `sweep` measures with `patch(at.site, clean)` as
   * far as the model is linear there.
   * @see N. Nanda, "Attribution Patching", 2023; arXiv:2310.10348
   * @throws as `backward`; InputError ERR_SELECTION for runs of different lengths
   */
  async attributionPatching(
    clean: Run,
    corrupted: Run,
    options: AttributionPatchingOptions,
  ): Promise<SweepEffects> {
    this.#assertLive();
    return attributionPatching(this.#gradientModel, clean, corrupted, options);
  }

  get #gradientModel() {
    return {
      device: this.#device,
      name: this.name,
      chunkSize: (nTokens: number) => this.#calls.chunkSize({}, nTokens),
      tokenText: (id: number) => this.tokenText(id),
    };
  }

  /**
   * Continues the input, token by token, as the result is iterated over.
   * @throws InputError ERR_PROMPT_TOO_LONG, ERR_PROMPT_EMPTY, ERR_TOKEN_ID, ERR_OPTION, ERR_SAMPLING; ConfigError
   * ERR_GENERATION_CONFIG; SiteError
   */
  generate(input: ModelInput, options: GenerateOptions = {}): Generation {
    this.#assertLive();
    checkOptions("generate", options, GENERATE_OPTIONS);
    const profile = checkProfile("generate", options.profile, this.#parts.backend.info);
    return new Generation({
      ...this.#calls.generationParts(input, options),
      begin: (parts) => new Execution(this.#device, { ...parts, profile }),
    });
  }

  /**
   * Is drafting worth it for this prompt on this machine? Continues it plainly and with drafts, in turn, several times, and says what a
   * token takes either way, how many drafts are accepted, and what is gained. At temperature 0, the default, the texts must be the same.
   * @throws as `generate`; BackendError ERR_SPECULATION_DIFFERS; AbortedError ERR_ABORTED
   */
  async speculationWorth(
    input: ModelInput,
    options: SpeculationWorthOptions = {},
  ): Promise<SpeculationWorth> {
    this.#assertLive();
    const ids = this.#calls.ids(input, 1);
    return speculationWorth(options, (given) => this.generate(ids, given));
  }

  /**
   * A forward pass over each of several prompts, which share the model's steps and so read its weights together: the same
   * runs as one by one. Iterate over it for the runs in the order of the prompts, or `await model.runAll(prompts).all()`.
   * @throws as `run`
   */
  runAll(inputs: readonly ModelInput[], options: RunAllOptions = {}): RunBatch {
    this.#assertLive();
    checkOptions("runAll", options, RUN_ALL_OPTIONS);
    checkSignals("runAll", options);
    const { atOnce = AT_ONCE, sharePrefix = true, onProgress } = options;
    checkFlag("runAll sharePrefix", sharePrefix);
    const all = checkInputs("runAll", inputs).map((input) => this.#calls.ids(input));
    const resolve = this.#calls.resolving(options.edits);
    const longest = Math.max(1, ...all.map((ids) => ids.length));
    const chunkSize = this.#calls.chunkSize(options, longest);
    const made = new Map(
      all.map((ids, index) => {
        const length = { nPrompt: ids.length, capacity: ids.length };
        const batch = { index, nPrompts: all.length, atOnce, sharePrefix };
        const sizes = { ...length, chunkSize, batch };
        return [
          ids as readonly number[],
          this.#calls.runMade(inputs[index] ?? ids, options, sizes),
        ];
      }),
    );
    return new RunBatch({
      device: this.#device,
      prompts: all.map((ids) => {
        const { length } = ids;
        const sizes = { nPrompt: length, capacity: length, rows: Math.min(chunkSize, length) };
        return { ids, ...this.#calls.planned("run", sizes, options) };
      }),
      edits: () =>
        Promise.all(
          all.map(({ length }) =>
            this.#calls.compiledEdits(resolve, { nPrompt: length, capacity: length }),
          ),
        ),
      chunkSize,
      atOnce: checkCount("atOnce", atOnce),
      sharePrefix,
      onProgress,
      signal: withHostSignal(options.signal),
      makeRun: (execution, ids, logits) =>
        this.#calls.makeRun(execution, ids, logits, made.get(ids) as AskedRun),
    });
  }

  /**
   * Continues each of several prompts, which share the model's steps: the same texts as one by one. Iterate over
   * it for tokens as they come, or `await model.generateAll(prompts).all()`.
   * @throws as `generate`
   */
  generateAll(inputs: readonly ModelInput[], options: GenerateAllOptions = {}): GenerationBatch {
    this.#assertLive();
    checkOptions("generateAll", options, GENERATE_ALL_OPTIONS);
    const { atOnce = AT_ONCE, sharePrefix = true } = options;
    checkFlag("generateAll sharePrefix", sharePrefix);
    const resolve = this.#calls.resolving(options.edits);
    const all = checkInputs("generateAll", inputs).map((input) => this.#calls.ids(input, 1));
    const seeds = givenSeeds(options, all.length);
    const { contextLength } = this.spec;
    const config = this.#calls.generationConfig(options);
    const ends = all.map(({ length }) =>
      Math.min(length + generationDefaults(config, length, options).maxTokens, contextLength),
    );
    const capacity = Math.max(1, ...ends);
    const { keep = "routes" } = options;
    const { capture } = wantedValues(this.#device, this.#catalog, keep, options);
    const chunkSize = this.#calls.chunkSize(options, capacity);
    return new GenerationBatch({
      device: this.#device,
      keep,
      capture,
      capacity,
      rows: chunkSize,
      atOnce: checkCount("atOnce", atOnce),
      sharePrefix,
      promptLogprobs: options.promptLogprobs ?? true,
      signal: withHostSignal(options.signal),
      generations: all.map((ids, index) =>
        this.#calls.generationParts(
          ids,
          { ...options, chunkSize },
          {
            ...{ resolve, given: inputs[index] ?? ids, seed: seeds?.[index] },
            batch: { index, nPrompts: all.length, atOnce, sharePrefix },
          },
        ),
      ),
    });
  }

  /**
   * A batch that stays open: texts join and leave it at any time, and share the model's steps while they are there. Each is
   * the text that `generate` gives alone, with the same bits. Dispose of it when no more will come.
   * @throws InputError ERR_OPTION, ERR_PROMPT_TOO_LONG; SiteError ERR_SITE_UNKNOWN; BackendError
   */
  together(options: OpenBatchOptions = {}): OpenBatch {
    this.#assertLive();
    checkOptions("together", options, OPEN_BATCH_OPTIONS);
    const { atOnce = AT_ONCE, keep = "routes" } = options;
    const { contextLength = this.spec.contextLength } = options;
    if (checkCount("together contextLength", contextLength) > this.spec.contextLength)
      throw new InputError(
        "ERR_OPTION",
        `together contextLength: expected at most ${this.spec.contextLength}, the context of ${this.name}, got ${contextLength}. Pass a smaller one.`,
      );
    checkKeep("together", keep);
    const chunkSize = this.#calls.chunkSize(options, contextLength);
    const shared = { keep, capture: options.capture ?? [], chunkSize };
    return new OpenBatch({
      device: this.#device,
      keep,
      capture: wantedValues(this.#device, this.#catalog, keep, options).capture,
      contextLength,
      chunkSize,
      atOnce: checkCount("together atOnce", atOnce),
      tokenizer: () => this.tokenizer,
      parts: (input, ofText) =>
        this.#calls.generationParts(
          input,
          { ...ofText, ...shared },
          { batch: { index: null, nPrompts: null, atOnce, sharePrefix: false } },
        ),
    });
  }

  /**
   * A forward pass that stops where it is told to: nothing has run when it is there.
   * @throws InputError ERR_PROMPT_TOO_LONG, ERR_PROMPT_EMPTY, ERR_TOKEN_ID, ERR_OPTION, ERR_EDIT; SiteError ERR_SITE_UNKNOWN;
   * BackendError
   */
  async step(input: ModelInput, options: StepOptions = {}): Promise<Stepper> {
    this.#assertLive();
    checkOptions("step", options, STEP_OPTIONS);
    const promptIds = this.#calls.ids(input);
    const room = this.spec.contextLength - promptIds.length;
    const { maxTokens = 32, tokensPerStep = CHUNK_SIZE } = options;
    const capacity = promptIds.length + Math.min(checkCount("maxTokens", maxTokens), room);
    const chunkSize = this.#calls.chunkSize({ chunkSize: tokensPerStep }, capacity);
    const length = { nPrompt: promptIds.length, capacity };
    const { capture } = wantedValues(this.#device, this.#catalog, "attention", options);
    const made = this.#calls.made("step", input, {
      ...{ ...length, chunkSize, eosIds: [], batch: null },
      options: { maxTokens, tokensPerStep, capture: [options.capture ?? []].flat() },
    });
    const edits = await resolveEdits(options.edits ?? [], this.#calls.edited);
    const compiled = edits.length === 0 ? null : compileEdits(edits, this.#calls.edited, length);
    refuseCuts(compiled);
    const forms = [
      this.#calls.edited.plan,
      this.#device.plans.forward({ form: attentionForm(this.spec, CHUNK_SIZE) }),
    ];
    const observed = new Set(this.#catalog.flatMap(({ needs }) => needs));
    return new Stepper({
      model: compiled === null ? this.#calls.edited : editedModel(compiled.spec),
      names: this.#parts.tokenizer,
      operators: new Set(forms.flatMap(({ ops }) => ops.map(({ operator }) => operator.kind))),
      promptIds,
      length,
      chunkSize,
      edits,
      execution: () =>
        new Execution(this.#device, {
          ...length,
          rows: Math.min(chunkSize, promptIds.length),
          capture,
          observed,
          edits: compiled,
          stepped: true,
        }),
      makeRun: (execution, ids) =>
        this.#calls.makeRun(
          execution,
          ids,
          LogitRows.ofRun("last", this.spec.nVocab, ids.length),
          made,
        ),
    });
  }

  /**
   * What a run over the input would keep and take, or with `maxTokens` a generation that uses all of them.
   * @throws as `run` and `generate`, but for ERR_BUDGET
   */
  estimate(input: ModelInput, options: EstimateOptions = {}): Estimate {
    this.#assertLive();
    checkOptions("estimate", options, ESTIMATE_OPTIONS);
    const { maxTokens } = options;
    const isRun = maxTokens === undefined;
    const nPrompt = this.#calls.ids(input, isRun ? 0 : 1).length;
    const added = isRun ? 0 : checkCount("maxTokens", maxTokens);
    const most = Math.min(nPrompt + added, this.spec.contextLength);
    const chunkSize = this.#calls.chunkSize(options, most);
    const sizes = { nPrompt, capacity: most, rows: Math.min(chunkSize, nPrompt) };
    const unlimited = { ...options, budget: Number.POSITIVE_INFINITY };
    const planned = this.#calls.planned(isRun ? "run" : "generate", sizes, unlimited);
    return estimate(this.#device, planned, chunkSize);
  }

  /**
   * The assistant's reply to a conversation, as typed pieces while it is iterated over: reasoning, content and tool calls;
   * `message` afterwards.
   * @throws as `generate`; InputError ERR_CHAT; ConfigError ERR_NO_CHAT_TEMPLATE, ERR_CHAT_TEMPLATE, ERR_CHAT_OPTION
   */
  chat(messages: readonly ChatMessage[], options: ChatGenerateOptions = {}): ChatGeneration {
    return startChat(this, messages, options);
  }

  /**
   * The assistant's replies to several conversations, which share the model's steps: the same replies as one by one. Iterate
   * over it for their parts as they come, or `await model.chatAll(conversations).all()`.
   * @throws as `chat`
   */
  chatAll(
    conversations: readonly (readonly ChatMessage[])[],
    options: ChatAllOptions = {},
  ): ChatBatch {
    return startChats(this, conversations, options);
  }

  /** A conversation as the model's chat template writes it. @throws ConfigError ERR_NO_CHAT_TEMPLATE; InputError ERR_CHAT */
  chatPrompt(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    return this.tokenizer.renderChat(messages, options);
  }

  /**
   * What the model and its runs hold on the device right now. Between runs that is the weights, and the working buffers that
   * wait for the next one: at most four sets of them and 256 MiB, which `freeIdle` frees, and whatever lacks memory. `experts` is
   * there where they wait in host memory (`expertCacheBytes`), `prefixes` where what runs begin with is kept for later ones
   * (`prefixCacheBytes`); bytes of the latter are among `bytes`.
   */
  deviceMemory(): DeviceMemory {
    return deviceMemory(this.#device);
  }

  /** Frees what waits for the next run: working buffers, which it then makes itself, and cached prefixes, which it computes. */
  freeIdle(): void {
    this.#assertLive();
    this.#device.freeIdle();
  }

  /** Frees everything on the device and closes the backend. Calling it twice is fine. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { backend, weights } = this.#parts;
    this.#device.freeAll();
    for (const weight of weights.values()) backend.free(weight);
    backend.dispose();
  }

  toString(): string {
    const where = this.#disposed ? "disposed" : `on ${this.backend.name} (${this.backend.device})`;
    return `${modelText(this.record)}, ${where}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #assertLive(): void {
    if (this.#disposed)
      throw new BackendError(
        "ERR_DISPOSED",
        `${this.name}: expected a live model, got one after dispose(). Load it again.`,
      );
  }
}
