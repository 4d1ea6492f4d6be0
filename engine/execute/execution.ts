import type { CompiledEdits } from "../act/compileEdits.ts";
import type { RankedRow } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { AbortedError } from "../base/errors.ts";
import { keptValues } from "../plan/keptValues.ts";
import type { AttentionForm } from "../plan/plan.ts";
import { FINAL_HIDDEN, isDraftValue } from "../plan/planMtp.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { captureDrafts } from "./captureDrafts.ts";
import { editedPlans } from "./editedPlans.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { PlanRunner } from "./planRunner.ts";
import { RejectedRoutes } from "./rejectedRoutes.ts";
import type { TensorGroup } from "./tensorGroup.ts";

export interface ExecutionOptions {
  /** Positions to make room for. */
  readonly capacity: number;
  /** Tokens that enter the sequence together; dynamic rotary scaling goes by their number. */
  readonly nPrompt: number;
  /** Tokens of the longest step. */
  readonly rows: number;
  /** Plan values to keep in full beside those every run keeps. */
  readonly capture: ReadonlySet<string>;
  /** Keep what the draft module reads until the end. Default: only if its values are to be captured. */
  readonly drafts?: boolean;
  /** What is changed in the forward pass; compiled for at least this capacity. */
  readonly edits?: CompiledEdits | null;
}

/** A step of the draft module as it was executed. */
export interface DraftStepTaken {
  readonly form: AttentionForm;
  readonly start: number;
  readonly nTokens: number;
  /** Distinct experts that its tokens were sent to; null for a dense block. */
  readonly nTouchedExperts: number | null;
  /** Measured, from writing the ids to having the logits. */
  readonly durationMs: number;
}

/** A step as it was executed. */
export interface StepTaken {
  readonly phase: "prefill" | "decode";
  readonly form: AttentionForm;
  readonly start: number;
  /** Those that became part of the sequence. */
  readonly nTokens: number;
  /** Tokens behind them that the step computed as well: drafts that were not accepted. */
  readonly nRejected: number;
  /** Steps of the draft module that served this one: they made its drafts, or followed it through the prompt. */
  readonly drafting: readonly DraftStepTaken[];
  /** Measured, from writing the ids to having the logits, or their ranking. */
  readonly durationMs: number;
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
  #position = 0;

  constructor(device: ModelDevice, options: ExecutionOptions) {
    this.#device = device;
    this.#options = options;
    const { capture, capacity, nPrompt, rows, drafts = false, edits = null } = options;
    const spec = edits?.spec ?? device.spec;
    this.#rejected = new RejectedRoutes(device, spec);
    this.#ofDrafts = new Set([...capture].filter(isDraftValue));
    const own = [...capture].filter((name) => !isDraftValue(name));
    if (drafts || this.#ofDrafts.size > 0) own.push(FINAL_HIDDEN);
    this.#runner = new PlanRunner(device, {
      capacity,
      nPrompt,
      rows,
      kind: "forward",
      changes: edits?.changes ?? null,
      plan:
        edits === null
          ? (form) => device.plans.forward({ ...(form && { form }), observed: capture })
          : editedPlans(edits, capture),
      stored: new Set([...keptValues(spec), ...own]),
      read: ["hook_logits"],
    });
  }

  get storage(): TensorGroup {
    return this.#runner.storage;
  }

  /** What is changed in the forward pass. */
  get edits(): CompiledEdits | null {
    return this.#options.edits ?? null;
  }

  /** Tokens of the longest step. */
  get rows(): number {
    return this.#options.rows;
  }

  /** Tokens processed so far. */
  get position(): number {
    return this.#position;
  }

  /**
   * Runs the tokens after those already processed.
   * @returns (T, V) logits, f32 (reference: f64)
   * @throws AbortedError ERR_ABORTED before the step if the signal fired
   */
  step(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    signal?: AbortSignal,
  ): Promise<HostArray> {
    return this.#take(ids, form, phase, signal, (out) => this.#readLogits(out, ids.length));
  }

  /**
   * As `step`, for a backend that ranks: answers as soon as the last row is ranked; the logits come later.
   * @param logits takes the (T, V) logits' promise, which is rejected where the device fails
   */
  stepRanked(
    ids: readonly number[],
    form: AttentionForm,
    { temperature, signal }: { temperature: number; signal: AbortSignal | undefined },
    logits: (rows: Promise<HostArray>) => void,
  ): Promise<RankedRow | null> {
    return this.#take(ids, form, "decode", signal, async (out) => {
      const ranked = this.#device.backend.rankLastRow?.(out, temperature);
      const rows = this.#readLogits(out, ids.length);
      rows.catch(() => undefined); // whoever waits for them hears of it
      const row = (await ranked) ?? null;
      logits(rows);
      return row;
    });
  }

  /** @param read begins to read what the step computed, before any other step may begin */
  #take<Result>(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    signal: AbortSignal | undefined,
    read: (logits: DeviceTensor) => Promise<Result>,
  ): Promise<Result> {
    return this.#device.mutex.run(async () => {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      this.#device.assertLive();
      const start = this.#position;
      const nTokens = ids.length;
      const startedAt = performance.now();
      this.#device.backend.write(this.#runner.input("ids"), 0, Int32Array.from(ids));
      this.#runner.execute(form, { nTokens, start });
      const result = await read(this.#runner.output(form, "hook_logits"));
      this.#position += nTokens;
      const durationMs = performance.now() - startedAt;
      this.steps.push({ phase, form, start, nTokens, nRejected: 0, drafting: [], durationMs });
      return result;
    });
  }

  #readLogits(out: DeviceTensor, nTokens: number): Promise<HostArray> {
    const { backend, spec } = this.#device;
    return backend.read(out, 0, nTokens * spec.nVocab);
  }

  /** Takes the last step's tokens from `position` on back; at least one of them stays. */
  truncate(position: number): void {
    const last = this.steps.at(-1);
    if (position === this.#position) return;
    if (last === undefined || position <= last.start || position > this.#position)
      throw new RangeError(`truncate: ${position} is not within the last step`);
    this.#rejected.append(this.storage, position, this.#position);
    const nTokens = position - last.start;
    const nRejected = last.nRejected + last.nTokens - nTokens;
    this.steps[this.steps.length - 1] = { ...last, nTokens, nRejected };
    this.#position = position;
  }

  /** Notes steps of the draft module that served the step at `index`. */
  chargeDrafting(index: number, drafting: readonly DraftStepTaken[]): void {
    const step = this.steps[index];
    if (step === undefined) throw new RangeError(`chargeDrafting: no step ${index}`);
    this.steps[index] = { ...step, drafting: [...step.drafting, ...drafting] };
  }

  /** Captures what was asked for of the draft module. @param sequence all tokens of the steps and their logits */
  async captureDrafts(sequence: {
    readonly ids: readonly number[];
    readonly logits: HostArray; // (T, V)
  }): Promise<void> {
    if (this.#ofDrafts.size > 0)
      await captureDrafts(
        this.#device,
        this.storage,
        { ...sequence, nPrompt: this.#options.nPrompt },
        this.#ofDrafts,
      );
  }

  /** (n, MoE layers, k) experts of the steps' rejected tokens, step after step. */
  rejectedRoutes(): Promise<Int32Array> {
    return this.#rejected.read();
  }

  /** Gives the working buffers back; what was kept is in `storage` from now on, cut down to the tokens there are. */
  finish(): void {
    this.#runner.finish(this.#position);
    this.#rejected.dispose();
    if (!this.#options.capture.has(FINAL_HIDDEN)) this.storage.free(FINAL_HIDDEN);
    for (const name of this.storage.names()) this.storage.shrink(name, this.#position);
  }

  dispose(): void {
    this.#runner.dispose();
    this.#rejected.dispose();
  }
}
