import type { CompiledEdits } from "../act/compileEdits.ts";
import type { RankedRow } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { LOG_PROBS } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { FINAL_HIDDEN, isDraftValue } from "../plan/planMtp.ts";
import type { SoftmaxSums } from "../tensor/softmaxSums.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { captureDrafts } from "./captureDrafts.ts";
import type { ExecutionOptions, RankedOptions, StepOptions } from "./execution.ts";
import type { LogitRows } from "./logitRows.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { fillRows, offerRows, type PrefixRows } from "./prefixRows.ts";
import { readRows } from "./readRows.ts";
import type { Region } from "./region.ts";
import { RejectedRoutes } from "./rejectedRoutes.ts";
import {
  chargeDrafting,
  type DraftStepTaken,
  partOfHead,
  type StepTaken,
  truncateLast,
} from "./stepTaken.ts";
import { TensorGroup } from "./tensorGroup.ts";

/** Of `ExecutionOptions`, what sequences of a batch may differ in, and what they are kept with. */
export type BatchedOptions = Pick<
  ExecutionOptions,
  "capacity" | "nPrompt" | "rows" | "keep" | "capture" | "edits" | "promptLogprobs"
>;

/** A sequence's part of a step. */
export interface Part {
  readonly sequence: BatchedExecution;
  readonly ids: readonly number[];
  readonly form: AttentionForm;
  /** The token behind them, if it is known. */
  readonly next: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** So many of its last rows go through the head. */
  readonly headRows: number;
  /** Which rows of logits are read, counted from the part's first; ascending. */
  readonly logitRows: readonly number[];
  /** Begins to read something else of what the step computed: the sequence's rows begin at `row`. */
  readonly read: ((logits: DeviceTensor, row: number) => Promise<void>) | null;
  /** Take the sums of its last row, where the device does so. */
  readonly sums: boolean;
  /** Takes the rows that were read, (logitRows, V), and the sums, when the step is done. */
  readonly take: (rows: HostArray, sums: SoftmaxSums | null) => void;
}

/** Rows of logits on the host, (positions, V). */
interface ReadRows {
  readonly positions: readonly number[];
  readonly rows: HostArray;
}

/** Of a prefix that is a sequence of the batch's. */
export interface TakenPrefix extends PrefixRows {
  readonly logits: LogitRows;
}

/** Where a sequence takes its prefix from. */
export interface PrefixSource {
  /** How many rows `take` gives. */
  readonly nTokens: number;
  /** @throws AbortedError ERR_ABORTED; BackendError */
  take(): Promise<TakenPrefix>;
  /** What was taken is copied, or nothing is to be taken. */
  done(): void;
}

/** Where a sequence takes part. */
interface Membership {
  readonly stored: ReadonlySet<string>;
  /** Any of the batch's. */
  readonly plan: Plan;
  /** Positions of the frame's caches. */
  readonly columns: number;
  readonly region: Region;
  readonly prefix: PrefixSource | null;
  /** Waits for something else than a step; the others' steps do not wait for the sequence meanwhile. */
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
  /** @returns the share of the step's time that falls to the part */
  submit(part: Part): Promise<number>;
  leave(): void;
}

/**
 * The forward pass of one sequence among others of a batch, as `Execution` is that of one alone: the same steps give the
 * same bits. Owns the tensors that are kept; `finish` and `dispose` give its place in the batch back.
 */
export class BatchedExecution {
  readonly steps: StepTaken[] = [];
  readonly storage: TensorGroup;
  readonly #device: ModelDevice;
  readonly #options: BatchedOptions;
  readonly #batch: Membership;
  readonly #ofDrafts: ReadonlySet<string>;
  readonly #rejected: RejectedRoutes;
  #position = 0;
  /** (V) of the last step's last row, where `#read` does not have it. */
  #lastRow: Promise<HostArray> | null = null;
  /** Rows of logits that were read of the last step. */
  #read: ReadRows | null = null;
  #lastSums: SoftmaxSums | null = null;

  /** They come from a batch. */
  constructor(device: ModelDevice, options: BatchedOptions, batch: Membership) {
    this.#device = device;
    this.#options = options;
    this.#batch = batch;
    this.#ofDrafts = new Set([...options.capture].filter(isDraftValue));
    this.storage = new TensorGroup(device);
    const { keep, edits } = options;
    this.#rejected = new RejectedRoutes(device, edits?.spec ?? device.spec, keep !== "nothing");
    const sizes = { rows: options.capacity, capacity: batch.columns };
    try {
      for (const name of batch.stored) {
        const value = batch.plan.values.get(name);
        if (value === undefined || value.role === "cache") continue; // a cache comes with `finish`
        this.storage.alloc(name, concreteShape(value, sizes), value.dtype);
      }
    } catch (error) {
      this.storage.freeAll();
      throw error;
    }
  }

  get keep(): Keep {
    return this.#options.keep ?? "attention";
  }

  get capture(): ReadonlySet<string> {
    return this.#options.capture;
  }

  /** As that of `Execution`. */
  get promptLogprobs(): boolean {
    return this.#options.promptLogprobs ?? true;
  }

  /** What is changed in the forward pass, compiled for the sequence's own length. */
  get edits(): CompiledEdits | null {
    return this.#options.edits ?? null;
  }

  /** As that of `Execution`. */
  get isOfTokensAlone(): boolean {
    return this.edits === null;
  }

  /** What it shares with others; null: nothing. */
  get prefix(): PrefixSource | null {
    return this.#batch.prefix;
  }

  get rows(): number {
    return this.#options.rows;
  }

  get region(): Region {
    return this.#batch.region;
  }

  /** Tokens processed so far. */
  get position(): number {
    return this.#position;
  }

  /** As that of `Execution`. */
  get lastSums(): SoftmaxSums | null {
    return this.#lastSums;
  }

  /** Begins with the rows of the prefix that it shares with others, if there is one. @param logits takes the rows wanted of it */
  async takePrefix(logits: LogitRows): Promise<void> {
    const { prefix } = this.#batch;
    if (prefix === null || this.#position > 0) return;
    const taken = await this.#batch.aside(() => prefix.take());
    try {
      this.#device.assertLive();
      this.goOnFrom(taken);
      logits.takeFrom(taken.logits, taken.nTokens, this.#options.nPrompt);
    } finally {
      prefix.done();
    }
  }

  /** As that of `Execution`. */
  goOnFrom({ storage, nTokens, steps }: PrefixRows): void {
    this.#batch.region.fillCaches(storage, nTokens);
    fillRows(this.storage, storage, nTokens);
    this.steps.push(...steps);
    this.#position = nTokens;
  }

  /** As that of `Execution`: waits until all sequences of the batch wait for a step. */
  async step(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    options: StepOptions = {},
  ): Promise<HostArray> {
    const first = this.#position;
    const { positions = ids.map((_, i) => first + i), sums = false } = options;
    // The last row comes in any case, if there is one: others may have taken steps when somebody asks for it.
    const last = first + ids.length - 1;
    const isRead = positions.at(-1) === last || options.headRows === 0;
    const read = isRead ? positions : [...positions, last];
    await this.#take(ids, form, phase, options, {
      logitRows: read.map((position) => position - first),
      sums,
      read: null,
      take: (rows, ofLast) => {
        this.#read = { positions: read, rows };
        this.#lastRow = null;
        this.#lastSums = ofLast;
      },
    });
    const { rows } = this.#read as ReadRows;
    return rows.subarray(0, positions.length * this.#device.spec.nVocab) as HostArray;
  }

  /** As that of `Execution`. */
  async stepRanked(
    ids: readonly number[],
    form: AttentionForm,
    options: RankedOptions,
    take: (rows: Promise<HostArray>) => void,
  ): Promise<RankedRow | null> {
    const { temperature, positions } = options;
    const first = this.#position;
    const { nVocab } = this.#device.spec;
    let ranked: RankedRow | null = null;
    const read = async (logits: DeviceTensor, row: number) => {
      const { backend } = this.#device;
      this.#readLast(logits, row + ids.length - 1);
      // A step without operators: what is ranked is the last row of the step executed last.
      backend.execute([], { nTokens: ids.length, start: first, row });
      const ranking = backend.rankLastRow?.(logits, temperature);
      if (positions.length > 0) {
        const places = positions.map((position) => row + position - first);
        const rows = readRows(backend, logits, places, nVocab);
        rows.catch(() => undefined); // whoever waits for them hears of it
        take(rows);
      }
      ranked = (await ranking) ?? null;
    };
    await this.#take(ids, form, "decode", options, {
      logitRows: [],
      sums: false,
      read,
      take: () => {
        this.#read = null;
        this.#lastSums = null;
      },
    });
    return ranked;
  }

  /** @returns (V) the last row that there is, the only one that can be read when others may have taken steps */
  async readLogits(positions: readonly number[]): Promise<HostArray> {
    const [position] = positions;
    const isLast = positions.length === 1 && position === this.#position - 1;
    if (!isLast) throw new RangeError(`readLogits: expected the last row, got ${positions.join()}`);
    const index = this.#read?.positions.indexOf(position) ?? -1;
    const { nVocab } = this.#device.spec;
    if (this.#read !== null && index >= 0)
      return this.#read.rows.subarray(index * nVocab, (index + 1) * nVocab) as HostArray;
    if (this.#lastRow === null) throw new RangeError("readLogits: the last row was not read");
    return this.#lastRow;
  }

  /** As that of `Execution`: takes the last step's tokens from `position` on back. Their rows of logits were read. */
  truncate(position: number): void {
    if (position === this.#position) return;
    truncateLast(this.steps, position);
    this.#rejected.append(this.storage, position, this.#position);
    this.#position = position;
    this.#lastRow = null;
    this.#lastSums = null;
  }

  /** As that of `Execution`. */
  chargeDrafting(index: number, drafting: readonly DraftStepTaken[]): void {
    chargeDrafting(this.steps, index, drafting);
  }

  /** @returns (T) as those of `Execution` */
  logProbs(): Promise<HostArray> {
    return this.#device.mutex.run(() => {
      this.#device.assertLive();
      const stored = this.storage.get(LOG_PROBS) as DeviceTensor;
      return this.#device.backend.read(stored, 0, this.#position);
    });
  }

  /** Captures what was asked for of the draft module. @param ids all tokens of the steps */
  async captureDrafts(ids: readonly number[]): Promise<void> {
    if (this.#ofDrafts.size === 0) return;
    const { nPrompt } = this.#options;
    const lastLogits = await this.readLogits([ids.length - 1]);
    await captureDrafts(this.#device, this.storage, { ids, lastLogits, nPrompt }, this.#ofDrafts);
  }

  /** As those of `Execution`. */
  rejectedRoutes(): Promise<Int32Array> {
    return this.#rejected.read();
  }

  /** Puts the caches into `storage`, cuts what is kept down to the tokens there are, and leaves the batch. @param ids those */
  finish(ids: readonly number[]): void {
    this.leave();
    this.#rejected.dispose();
    for (const name of this.storage.names()) this.storage.shrink(name, this.#position);
    const { steps, storage } = this;
    const { nPrompt } = this.#options;
    const ended = { ids, nPrompt, steps, storage, promptLogprobs: this.promptLogprobs };
    if (this.isOfTokensAlone) offerRows(this.#device, ended);
    if (!this.#options.capture.has(FINAL_HIDDEN)) this.storage.free(FINAL_HIDDEN);
  }

  /** Puts the caches into `storage` and leaves the batch with all that a sequence needs to go on from here. */
  leave(): void {
    try {
      this.#batch.region.copyCaches(this.storage, this.#position);
    } finally {
      this.#batch.leave();
    }
  }

  dispose(): void {
    this.storage.freeAll();
    this.#rejected.dispose();
    this.#batch.leave();
  }

  /** Begins to read the last row of a step, which nobody may have asked for until others have taken steps. */
  #readLast(logits: DeviceTensor, row: number): void {
    const { backend, spec } = this.#device;
    this.#lastRow = backend.read(logits, row * spec.nVocab, spec.nVocab);
    this.#lastRow.catch(() => undefined); // whoever asks for it hears of it
  }

  async #take(
    ids: readonly number[],
    form: AttentionForm,
    phase: StepTaken["phase"],
    { next, headRows = ids.length, signal }: StepOptions,
    { take, ...wanted }: Pick<Part, "logitRows" | "sums" | "read" | "take">,
  ): Promise<void> {
    const start = this.#position;
    const durationMs = await this.#batch.submit({
      sequence: this,
      ids,
      form,
      next,
      signal,
      headRows,
      ...wanted,
      take: (rows, sums) => {
        take(rows, sums);
        this.#position += ids.length;
      },
    });
    const nTokens = ids.length;
    const step = { phase, form, start, nTokens, ...partOfHead(nTokens, headRows) };
    this.steps.push({ ...step, nRejected: 0, drafting: [], durationMs });
  }
}
