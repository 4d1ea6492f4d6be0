import type { CompiledEdits } from "../act/compileEdits.ts";
import type { RankedRow } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { AbortedError } from "../base/errors.ts";
import { LOG_PROBS, LOGITS, TARGETS } from "../plan/compilePlan.ts";
import { type Keep, keptValues } from "../plan/keptValues.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { FINAL_HIDDEN, isDraftValue } from "../plan/planMtp.ts";
import type { SoftmaxSums } from "../tensor/softmaxSums.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { captureDrafts } from "./captureDrafts.ts";
import { editedPlans } from "./editedPlans.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { OpenStep } from "./openStep.ts";
import { PlanRunner } from "./planRunner.ts";
import { offerRows, type PrefixRows } from "./prefixRows.ts";
import { planOfBody } from "./programHead.ts";
import { readRows } from "./readRows.ts";
import { RejectedRoutes } from "./rejectedRoutes.ts";
import {
  chargeDrafting,
  type DraftStepTaken,
  partOfHead,
  type StepTaken,
  truncateLast,
} from "./stepTaken.ts";
import type { TensorGroup } from "./tensorGroup.ts";

export interface ExecutionOptions {
  /** Positions to make room for. */
  readonly capacity: number;
  /** Tokens that enter the sequence together; dynamic rotary scaling goes by their number. */
  readonly nPrompt: number;
  /** Tokens of the longest step. */
  readonly rows: number;
  /** Default "attention". */
  readonly keep?: Keep;
  /** Plan values to keep in full beside those. */
  readonly capture: ReadonlySet<string>;
  /** Keep what the draft module reads until the end. Default: only if its values are to be captured. */
  readonly drafts?: boolean;
  /** What is changed in the forward pass; compiled for at least this capacity. */
  readonly edits?: CompiledEdits | null;
  /** Plan values that somebody looks at while it runs: no fusion swallows them. */
  readonly observed?: ReadonlySet<string>;
  /** Steps are taken operator by operator, with `openStep`. Default false. */
  readonly stepped?: boolean;
  /** Measure every operator of every step. Default false. */
  readonly profile?: boolean;
  /** Have the log probabilities of the prompt's tokens: the head then computes all of its rows. Default true. */
  readonly promptLogprobs?: boolean;
}

export interface StepOptions {
  /** The token behind the step's, where it is known; else its log probability comes with the next step. */
  readonly next?: number | undefined;
  /** Positions of the step, ascending, whose rows of logits are read. Default: all. */
  readonly positions?: readonly number[];
  /** So many of the step's last rows have logits and log probabilities; `positions` are among them. Default: all. */
  readonly headRows?: number;
  /** Take the sums that a sampler wants of the last row, where the device does so. Default false. */
  readonly sums?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Of a step whose last row is ranked. */
export interface RankedOptions extends Required<Pick<StepOptions, "positions">> {
  readonly temperature: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The forward pass of one sequence, step by step: has a frame with its KV cache and working buffers, and owns the tensors that
 * are kept. After `finish` only `storage` remains, with the cache in it.
 */
export class Execution {
  readonly steps: StepTaken[] = [];
  readonly #device: ModelDevice;
  readonly #options: ExecutionOptions;
  readonly #runner: PlanRunner;
  readonly #ofDrafts: ReadonlySet<string>;
  readonly #rejected: RejectedRoutes;
  readonly #plan: (form?: AttentionForm) => Plan;
  #edits: CompiledEdits | null;
  #position = 0;
  /** The last step's row whose next token is not known yet. */
  #open: number | null = null;
  #lastSums: SoftmaxSums | null = null;

  constructor(device: ModelDevice, options: ExecutionOptions) {
    this.#device = device;
    this.#options = options;
    const { capture, capacity, nPrompt, rows, keep = "attention" } = options;
    const { drafts = false, edits = null } = options;
    this.#edits = edits;
    const spec = edits?.spec ?? device.spec;
    this.#rejected = new RejectedRoutes(device, spec, keep !== "nothing");
    this.#ofDrafts = new Set([...capture].filter(isDraftValue));
    const own = [...capture].filter((name) => !isDraftValue(name));
    if (drafts || this.#ofDrafts.size > 0) own.push(FINAL_HIDDEN);
    const observed = new Set([...capture, ...(options.observed ?? [])]);
    this.#plan = edits === null ? device.plans.observing(observed) : editedPlans(edits, observed);
    this.#runner = new PlanRunner(device, {
      capacity,
      nPrompt,
      rows,
      kind: "forward",
      changes: edits?.changes ?? null,
      plan: this.#plan,
      stored: new Set([
        ...keptValues(spec, keep, edits?.observed),
        ...(edits?.kept ?? []),
        LOG_PROBS,
        ...own,
      ]),
      read: [
        LOGITS,
        ...(edits?.cuts ?? []).flatMap(({ target, source }) => [
          target.value,
          ...(source === null ? [] : [source.value]),
        ]),
      ],
      unpooled: options.stepped === true,
      profile: options.profile === true,
    });
  }

  get keep(): Keep {
    return this.#options.keep ?? "attention";
  }

  /** Values that are kept beside those. */
  get capture(): ReadonlySet<string> {
    return this.#options.capture;
  }

  get storage(): TensorGroup {
    return this.#runner.storage;
  }

  /** Whether the prompt's tokens have their log probabilities. */
  get promptLogprobs(): boolean {
    return this.#options.promptLogprobs ?? true;
  }

  /** What is changed in the forward pass. */
  get edits(): CompiledEdits | null {
    return this.#edits;
  }

  /** Notes edits that were made by hand between operators, beside those that it began with. */
  amendEdits(edits: CompiledEdits): void {
    this.#edits = edits;
  }

  /** The forward pass in the form that steps of it take, the same each time. */
  plan(form: AttentionForm): Plan {
    return this.#plan(form);
  }

  /** Whether its rows are those of any sequence of the same tokens: nothing is edited, measured or done between operators. */
  get isOfTokensAlone(): boolean {
    const { stepped = false, profile = false } = this.#options;
    return this.#edits === null && !stepped && !profile;
  }

  /** Tokens of the longest step. */
  get rows(): number {
    return this.#options.rows;
  }

  /** Tokens processed so far. */
  get position(): number {
    return this.#position;
  }

  /** Of the last row of logits, where they were asked for and the device takes them. */
  get lastSums(): SoftmaxSums | null {
    return this.#lastSums;
  }

  /**
   * Runs the tokens after those already processed.
   * @returns (rows, V) logits, f32 (reference: f64): of the rows asked for
   * @throws AbortedError ERR_ABORTED before the step if the signal fired
   */
  step(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    options: StepOptions = {},
  ): Promise<HostArray> {
    const first = this.#position;
    const { positions = ids.map((_, i) => first + i), sums = false } = options;
    return this.#take(ids, form, phase, options, (out) => {
      if (sums)
        [this.#lastSums = null] = this.#device.backend.softmaxSums?.(out, [ids.length - 1]) ?? [];
      return this.#readRows(out, first, positions);
    });
  }

  /**
   * As `step`, for a backend that ranks: answers as soon as the last row is ranked.
   * @param take is given the rows asked for, once they have come
   */
  stepRanked(
    ids: readonly number[],
    form: AttentionForm,
    options: RankedOptions,
    take: (rows: Promise<HostArray>) => void,
  ): Promise<RankedRow | null> {
    const { temperature, positions } = options;
    const first = this.#position;
    return this.#take(ids, form, "decode", options, async (out) => {
      const ranked = this.#device.backend.rankLastRow?.(out, temperature);
      if (positions.length > 0) {
        const rows = this.#readRows(out, first, positions);
        rows.catch(() => undefined); // whoever waits for them hears of it
        take(rows);
      }
      return (await ranked) ?? null;
    });
  }

  /** A step that functions of the host take part in: other sequences may have their turns between its parts. */
  async #takeCut<Result>(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    { next, signal }: StepOptions,
    read: (logits: DeviceTensor) => Promise<Result>,
  ): Promise<Result> {
    const open = await this.openStep(ids, form, phase, next);
    await open.execute(0, open.plan.ops.length, signal);
    await open.complete();
    return this.#device.mutex.run(() => {
      this.#device.assertLive();
      return read(this.#runner.output(form, LOGITS));
    });
  }

  /** @param read begins to read what the step computed, before any other step may begin */
  #take<Result>(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    options: StepOptions,
    read: (logits: DeviceTensor) => Promise<Result>,
  ): Promise<Result> {
    this.#lastSums = null;
    if ((this.#edits?.cuts.length ?? 0) > 0) return this.#takeCut(ids, form, phase, options, read);
    const { next, headRows, signal } = options;
    return this.#device.mutex.run(async () => {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      this.#device.assertLive();
      const start = this.#position;
      const nTokens = ids.length;
      const startedAtMs = performance.now();
      await this.#runner.prepare(form, { nTokens, start }, headRows);
      this.#settle(ids[0]);
      this.#writeTokens(ids, next);
      this.#runner.execute(form, { nTokens, start }, headRows);
      this.#open = next === undefined ? nTokens - 1 : null;
      const result = await read(this.#runner.output(form, LOGITS));
      this.#position += nTokens;
      const durationMs = performance.now() - startedAtMs;
      const step = { phase, form, start, nTokens, durationMs };
      await this.#note({ ...step, ...partOfHead(nTokens, headRows) }, startedAtMs);
      return result;
    });
  }

  async #note(
    step: Omit<StepTaken, "nRejected" | "drafting" | "profile">,
    startedAtMs: number,
  ): Promise<void> {
    const taken = { ...step, nRejected: 0, drafting: [] };
    if (this.#options.profile !== true) this.steps.push(taken);
    else {
      const times = await this.#runner.operatorTimes();
      const whole = this.#plan(step.form);
      const plan = step.headRows === 0 ? planOfBody(whole) : whole;
      this.steps.push({ ...taken, profile: { plan, startedAtMs, times } });
    }
  }

  /**
   * Begins a step of which nothing is executed yet.
   * @param next the token behind the last of `ids`, if it is known
   */
  openStep(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    next?: number,
  ): Promise<OpenStep> {
    return this.#device.mutex.run(async () => {
      this.#device.assertLive();
      const startedAtMs = performance.now();
      const step = { start: this.#position, nTokens: ids.length };
      this.#settle(ids[0]);
      this.#writeTokens(ids, next);
      this.#runner.place(step);
      return new OpenStep(
        this.#device,
        this.#runner,
        { plan: this.#plan(form), step, cuts: this.#edits?.cuts ?? [] },
        async (durationMs) => {
          this.#runner.store(form, step);
          this.#open = next === undefined ? ids.length - 1 : null;
          this.#position += ids.length;
          return this.#note({ phase, form, ...step, durationMs }, startedAtMs);
        },
      );
    });
  }

  /** Takes back whole steps, to the one that began at `start`. */
  rewind(start: number): void {
    while ((this.steps.at(-1)?.start ?? -1) >= start) this.steps.pop();
    this.#position = start;
    this.#open = null;
    this.#lastSums = null;
  }

  /** Goes on from where another sequence of the same plans and the same edits is. */
  copyFrom(other: Execution): void {
    this.steps.push(...other.steps);
    this.#position = other.#position;
    this.#runner.copyFrom(other.#runner, other.#position);
  }

  /** Begins with rows that another sequence computed. */
  goOnFrom({ storage, nTokens, steps }: PrefixRows): void {
    this.#runner.fill(storage, nTokens);
    this.steps.push(...steps);
    this.#position = nTokens;
  }

  #writeTokens(ids: readonly number[], next: number | undefined): void {
    const { backend } = this.#device;
    backend.write(this.#runner.input("ids"), 0, Int32Array.from(ids));
    const targets = Int32Array.from(ids, (_, i) => ids[i + 1] ?? next ?? -1);
    backend.write(this.#runner.input(TARGETS), 0, targets);
  }

  /** Gives the row that waits for the token behind it that token's log probability. */
  #settle(next: number | undefined): void {
    const last = this.steps.at(-1);
    const row = this.#open;
    if (last === undefined || row === null || next === undefined) return;
    const { backend } = this.#device;
    const { form, start } = last;
    const targets = new Int32Array(row + 1).fill(-1);
    targets[row] = next;
    backend.write(this.#runner.input(TARGETS), 0, targets);
    this.#runner.again(form, LOG_PROBS, { nTokens: row + 1, start });
    const stored = this.storage.get(LOG_PROBS) as DeviceTensor;
    backend.copy(this.#runner.output(form, LOG_PROBS), row, stored, start + row, 1);
    this.#open = null;
  }

  /** @returns (positions, V) of the last step's rows, which are on the device until the next one */
  readLogits(positions: readonly number[]): Promise<HostArray> {
    return this.#device.mutex.run(() => {
      this.#device.assertLive();
      const last = this.steps.at(-1);
      if (last === undefined) throw new RangeError("readLogits: no step was taken");
      return this.#readRows(this.#runner.output(last.form, LOGITS), last.start, positions);
    });
  }

  /** @returns (T) natural log of the probability that each row gives to the token behind it; the last row has none */
  logProbs(): Promise<HostArray> {
    return this.#device.mutex.run(() => {
      this.#device.assertLive();
      const stored = this.storage.get(LOG_PROBS) as DeviceTensor;
      return this.#device.backend.read(stored, 0, this.#position);
    });
  }

  #readRows(out: DeviceTensor, first: number, positions: readonly number[]): Promise<HostArray> {
    const { backend, spec } = this.#device;
    const rows = positions.map((position) => position - first);
    return readRows(backend, out, rows, spec.nVocab);
  }

  /** Takes the last step's tokens from `position` on back; at least one of them stays. */
  truncate(position: number): void {
    if (position === this.#position) return;
    const nTokens = truncateLast(this.steps, position);
    this.#rejected.append(this.storage, position, this.#position);
    this.#position = position;
    this.#open = nTokens - 1;
    this.#lastSums = null;
  }

  /** Notes steps of the draft module that served the step at `index`. */
  chargeDrafting(index: number, drafting: readonly DraftStepTaken[]): void {
    chargeDrafting(this.steps, index, drafting);
  }

  /** Captures what was asked for of the draft module. @param ids all tokens of the steps */
  async captureDrafts(ids: readonly number[]): Promise<void> {
    if (this.#ofDrafts.size === 0) return;
    const { nPrompt } = this.#options;
    const lastLogits = await this.readLogits([ids.length - 1]);
    const sequence = { ids, lastLogits, nPrompt };
    await captureDrafts(this.#device, this.storage, sequence, this.#ofDrafts);
  }

  /** (n, MoE layers, k) experts of the steps' rejected tokens, step after step. */
  rejectedRoutes(): Promise<Int32Array> {
    return this.#rejected.read();
  }

  /**
   * Gives the working buffers back; what was kept is in `storage` from now on, cut down to the tokens there are.
   * @param ids those, for later sequences that begin as they do; null: nothing of it is for others
   */
  finish(ids: readonly number[] | null): void {
    this.#runner.finish(this.#position);
    this.#rejected.dispose();
    for (const name of this.storage.names()) this.storage.shrink(name, this.#position);
    const { steps, storage } = this;
    const { nPrompt } = this.#options;
    const ended = { nPrompt, steps, storage, promptLogprobs: this.promptLogprobs };
    if (ids !== null && this.isOfTokensAlone) offerRows(this.#device, { ids, ...ended });
    if (!this.#options.capture.has(FINAL_HIDDEN)) this.storage.free(FINAL_HIDDEN);
  }

  dispose(): void {
    this.#runner.dispose();
    this.#rejected.dispose();
  }
}
