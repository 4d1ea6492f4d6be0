import type { CompiledEdits } from "../act/compileEdits.ts";
import type { Cut } from "../act/cuts.ts";
import { rowSize } from "../backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import { LOG_PROBS, LOGITS, TARGETS } from "../plan/compilePlan.ts";
import { type Keep, keptValues } from "../plan/keptValues.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { FINAL_HIDDEN, isDraftValue } from "../plan/planMtp.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { applyCut, type CutStep } from "./applyCut.ts";
import {
  BatchedExecution,
  type BatchedOptions,
  type Part,
  type PrefixSource,
} from "./batchedExecution.ts";
import type { Program } from "./bindPlan.ts";
import { cutProgram } from "./cutProgram.ts";
import { editedPlans } from "./editedPlans.ts";
import type { Frame } from "./frame.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { operatorAlone } from "./operatorAlone.ts";
import { headStep, programParts } from "./programHead.ts";
import { readRows } from "./readRows.ts";
import { stretchesOf } from "./stretches.ts";

export interface BatchParts {
  /** Positions of the longest sequence. */
  readonly capacity: number;
  /** Rows of the longest step, those of all its sequences together. */
  readonly rows: number;
  /** What is kept of every sequence. */
  readonly keep: Keep;
  /** Plan values to keep in full beside that. */
  readonly capture: ReadonlySet<string>;
  /** What is changed in the forward pass, as it is compiled for any of the sequences. */
  readonly edits: CompiledEdits | null;
  /** Keep what the draft module reads until the end. */
  readonly drafts: boolean;
  /**
   * Whether a step waits for sequences that ask for none just now. Where they come and go one by one, and each as slowly as
   * somebody reads it, it does not. Default true.
   */
  readonly waits?: boolean;
  /** A sequence has left. */
  readonly onLeave?: () => void;
}

/** A part that waits for its step. */
interface Waiting extends Part {
  readonly resolve: (durationMs: number) => void;
  readonly reject: (error: unknown) => void;
}

/** A part where it lies in its step's rows. */
interface Placed extends Waiting {
  readonly row: number;
  /** Where the sequence was before the step. */
  readonly start: number;
}

/** A row of logits, and the token behind it. */
interface KnownToken {
  readonly sequence: BatchedExecution;
  readonly at: number;
  readonly target: number;
}

/** Name of a row of logits that a sequence has aside. */
const LATE_ROW = "late row of logits";

const NO_ROWS: HostArray = new Float32Array(0);

/**
 * Sequences that go through the model in the same steps, side by side in the activations of one frame. A step is taken
 * when all of them wait for one: every stretch of operators that know no positions runs over all rows at once, so that
 * weights are read once; the others run for one sequence after the other, each with its own caches. A row's bits do not
 * depend on its neighbours, since no operator's do and each sequence brings its own form of attention: a step takes
 * those that wait for the same form, as many as its rows hold. Sequences begin and end at any time.
 */
export class Batch {
  readonly #device: ModelDevice;
  readonly #frame: Frame;
  readonly #plan: (form?: AttentionForm) => Plan;
  /** Values to keep of every sequence, one row for each token. */
  readonly #stored: ReadonlySet<string>;
  /** Those, the logits, and what the host reads in between. */
  readonly #keep: ReadonlySet<string>;
  /** Where the host computes, as in every sequence, each of which has its own rows for them. */
  readonly #cuts: readonly Cut[];
  readonly #waits: boolean;
  readonly #onLeave: () => void;
  readonly #live = new Set<BatchedExecution>();
  /** Those of them that no step waits for. */
  readonly #aside = new Set<BatchedExecution>();
  /** Regions that no sequence has. */
  readonly #free: number[] = [];
  #regions = 0;
  #waiting: Waiting[] = [];
  #isBusy = false;
  #isOver = false;
  /** The last step, whose logits are still there. */
  #last: readonly Placed[] = [];

  /** @throws BackendError ERR_OUT_OF_MEMORY, ERR_TENSOR_TOO_LARGE */
  constructor(device: ModelDevice, parts: BatchParts) {
    const { capacity, rows, keep, capture, edits, drafts } = parts;
    this.#device = device;
    this.#waits = parts.waits ?? true;
    this.#onLeave = parts.onLeave ?? (() => undefined);
    const own = [...capture].filter((name) => !isDraftValue(name));
    if (drafts || own.length < capture.size) own.push(FINAL_HIDDEN);
    const spec = edits?.spec ?? device.spec;
    this.#stored = new Set([...keptValues(spec, keep, edits?.observed), LOG_PROBS, ...own]);
    const cuts = edits?.cuts ?? [];
    const cutValues = cuts.flatMap(({ target, source }) => [
      target.value,
      ...(source === null ? [] : [source.value]),
    ]);
    this.#cuts = cuts;
    this.#keep = new Set([...this.#stored, LOGITS, ...cutValues]);
    this.#plan = edits === null ? device.plans.observing(capture) : editedPlans(edits, capture);
    const plan = this.#plan();
    const changes = edits?.changes ?? null;
    const sizes = { capacity, rows, nPrompt: 1 };
    this.#frame = device.frames.lend({ ...sizes, kind: "forward", plan, changes });
  }

  /**
   * A sequence that takes part from now on; no step is taken without it until it has ended, where steps wait.
   * @param prefix rows that it shares with others
   * @throws BackendError ERR_OUT_OF_MEMORY, ERR_TENSOR_TOO_LARGE
   */
  begin(options: BatchedOptions, prefix: PrefixSource | null = null): BatchedExecution {
    const index = this.#free.pop() ?? this.#regions++;
    try {
      return this.#beginIn(index, options, prefix);
    } catch (error) {
      this.#free.push(index);
      throw error;
    }
  }

  #beginIn(index: number, options: BatchedOptions, prefix: PrefixSource | null): BatchedExecution {
    const region = this.#frame.region(index);
    region.turnFor(options.nPrompt);
    const sequence = new BatchedExecution(this.#device, options, {
      stored: this.#stored,
      plan: this.#plan(),
      columns: this.#frame.sizes.capacity,
      region,
      prefix,
      aside: async (work) => {
        this.#aside.add(sequence);
        this.#stepWhenReady();
        try {
          return await work();
        } finally {
          this.#aside.delete(sequence);
        }
      },
      submit: (part) => this.#submit(part),
      leave: () => {
        if (!this.#live.delete(sequence)) return;
        this.#aside.delete(sequence);
        sequence.storage.free(LATE_ROW);
        this.#free.push(index);
        if (this.#isOver) this.#giveBack();
        else this.#stepWhenReady();
        this.#onLeave();
      },
    });
    this.#live.add(sequence);
    return sequence;
  }

  /** Ends it: whoever waits for a step is told so. What it holds serves others when its last sequence has left. */
  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new AbortedError());
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#live.size === 0) this.#device.frames.giveBack(this.#frame);
  }

  #program(form: AttentionForm) {
    return this.#frame.program(this.#plan(form), this.#keep);
  }

  /** @returns the share of the step's time that falls to the part */
  #submit(part: Part): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) reject(new AbortedError());
      else this.#waiting.push({ ...part, resolve, reject });
      this.#stepWhenReady();
    });
  }

  /** Whoever is told of a step has a turn of the event loop to ask for the next one, or to end. */
  #stepWhenReady(): void {
    if (this.#isBusy || !this.#isReady) return;
    this.#isBusy = true;
    const step = async () => {
      await breathe();
      if (this.#isReady) await this.#step();
    };
    void step().finally(() => {
      this.#isBusy = false;
      this.#stepWhenReady();
    });
  }

  get #isReady(): boolean {
    const nExpected = this.#waits ? this.#live.size - this.#aside.size : 1;
    return !this.#isOver && this.#waiting.length > 0 && this.#waiting.length >= nExpected;
  }

  async #step(): Promise<void> {
    let parts: Placed[] = [];
    try {
      await this.#device.mutex.run(async () => {
        this.#device.assertLive();
        this.#refuseAborted();
        this.#settle();
        parts = this.#takeParts();
        if (parts.length === 0) return;
        const startedAt = performance.now();
        this.#last = parts;
        await this.#read(parts, await this.#execute(parts));
        const rowMs = (performance.now() - startedAt) / rowsOf(parts);
        for (const { resolve, ids } of parts) resolve(rowMs * ids.length);
      });
    } catch (error) {
      for (const { reject } of [...parts, ...this.#waiting.splice(0)]) reject(error);
    }
  }

  /** Gives the parts their rows of logits, which are read together. */
  async #read(parts: readonly Placed[], logits: DeviceTensor): Promise<void> {
    const { backend, spec } = this.#device;
    const rows = parts.flatMap(({ row, logitRows }) => logitRows.map((at) => row + at));
    const last = parts.flatMap(({ row, ids, sums }) => (sums ? [row + ids.length - 1] : []));
    const sums = last.length > 0 ? (backend.softmaxSums?.(logits, last) ?? []) : [];
    const [read] = await Promise.all([
      rows.length > 0 ? readRows(backend, logits, rows, spec.nVocab) : NO_ROWS,
      ...parts.map((part) => part.read?.(logits, part.row)),
    ]);
    let at = 0;
    let summed = 0;
    for (const { take, logitRows, sums: wantsSums } of parts) {
      const end = at + logitRows.length * spec.nVocab;
      take(read.subarray(at, end) as HostArray, (wantsSums && sums[summed++]) || null);
      at = end;
    }
  }

  #refuseAborted(): void {
    for (const { signal, reject } of this.#waiting)
      if (signal?.aborted) reject(new AbortedError(undefined, { cause: signal.reason }));
    this.#waiting = this.#waiting.filter(({ signal }) => !signal?.aborted);
  }

  /** Those that wait longest for the same form, and fit into one step. */
  #takeParts(): Placed[] {
    const form = this.#waiting[0]?.form;
    const parts: Placed[] = [];
    let row = 0;
    for (const waiting of this.#waiting) {
      const end = row + waiting.ids.length;
      if (waiting.form !== form || end > this.#frame.sizes.rows) continue;
      parts.push({ ...waiting, row, start: waiting.sequence.position });
      row = end;
    }
    const taken = new Set(parts.map(({ sequence }) => sequence));
    this.#waiting = this.#waiting.filter(({ sequence }) => !taken.has(sequence));
    return parts;
  }

  /** Enqueues a step and copies of what is kept of it, and waits where the host takes part. @returns its logits */
  async #execute(parts: readonly Placed[]): Promise<DeviceTensor> {
    const { backend } = this.#device;
    const [{ form }] = parts as [Placed];
    const program = this.#program(form);
    const targets = parts.flatMap(({ ids, next = -1 }) => ids.map((_, i) => ids[i + 1] ?? next));
    const ids = parts.flatMap((part) => part.ids);
    backend.write(this.#input("ids"), 0, Int32Array.from(ids));
    backend.write(this.#input(TARGETS), 0, Int32Array.from(targets));
    this.#frame.placeParts(
      parts.flatMap(({ sequence: { edits, position: start }, ids: { length: nTokens } }) =>
        edits === null ? [] : [{ changes: edits.changes, start, nTokens }],
      ),
    );
    const all = { nTokens: ids.length, start: 0 };
    const steps = parts.map(({ start, row, ids: { length: nTokens } }) => ({
      nTokens,
      start,
      row,
    }));
    const heads = headsOf(parts);
    const plan = this.#plan(form);
    const { body, head } = programParts(plan, program);
    for (const piece of cutProgram(plan, heads === "all" ? program : body, this.#cuts)) {
      for (const { way, operators } of stretchesOf(piece.program)) {
        if (way === "together") {
          backend.execute(operators, all);
          continue;
        }
        const own = parts.map(({ sequence: { region } }, i) => ({
          program: region.operators(operators),
          step: steps[i] as Step,
        }));
        if (way === "sideBySide") backend.executeParts(own);
        else for (const { program: ofPart, step } of own) backend.execute(ofPart, step);
      }
      for (const cut of piece.cuts)
        for (const [i, { sequence }] of parts.entries())
          await applyCut(
            this.#openPart(program, steps[i] as Step),
            sequence.edits?.cuts[cut] as Cut,
          );
    }
    if (heads !== "all") for (const step of heads) backend.execute(head, step);
    for (const [name, from] of program.kept) {
      const size = rowSize(from);
      for (const { sequence, ids: own, row } of parts) {
        const to = sequence.storage.get(name);
        if (to !== undefined)
          backend.copy(from, row * size, to, sequence.position * size, own.length * size);
      }
    }
    return program.kept.get(LOGITS) as DeviceTensor;
  }

  /** A sequence's rows of a step between two of its operators. */
  #openPart({ kept }: Program, step: Step): CutStep {
    const { backend } = this.#device;
    const { row = 0, nTokens } = step;
    const tensor = (name: string) => kept.get(name) as DeviceTensor;
    return {
      step,
      read: (name) => {
        const size = rowSize(tensor(name));
        return backend.read(tensor(name), row * size, nTokens * size);
      },
      write: async (name, rows) => backend.write(tensor(name), row * rowSize(tensor(name)), rows),
    };
  }

  /**
   * Gives last rows of the last step, whose next tokens are known by now, those tokens' log probabilities. Where steps wait for
   * nobody, rows of logits whose next token is not known yet are put aside, and their sequences have theirs when they go on.
   */
  #settle(): void {
    const [first] = this.#last;
    const coming = new Map(this.#waiting.map(({ sequence, ids }) => [sequence, ids[0]]));
    if (first !== undefined) {
      const open = this.#last.flatMap(({ sequence, row, start, next }) => {
        const last = sequence.position - 1; // drafts behind it may have been taken back
        return next === undefined ? [{ sequence, at: row + last - start }] : [];
      });
      const known = open.flatMap(({ sequence, at }) => {
        const target = coming.get(sequence);
        return target === undefined ? [] : [{ sequence, at, target }];
      });
      this.#tellLogProbs(first.form, rowsOf(this.#last), known);
      if (!this.#waits) for (const row of open) if (!coming.has(row.sequence)) this.#putAside(row);
    }
    this.#last = [];
    this.#settleLate();
  }

  /** Log probabilities of tokens that follow rows of logits, for the rows' sequences. @param nRows all that there are */
  #tellLogProbs(form: AttentionForm, nRows: number, known: readonly KnownToken[]): void {
    if (known.length === 0) return;
    const { backend } = this.#device;
    const targets = new Int32Array(nRows).fill(-1);
    for (const { at, target } of known) targets[at] = target;
    backend.write(this.#input(TARGETS), 0, targets);
    const program = this.#program(form);
    const alone = operatorAlone(this.#plan(form), program, LOG_PROBS);
    backend.execute(alone, { nTokens: nRows, start: 0 });
    const from = program.kept.get(LOG_PROBS) as DeviceTensor;
    for (const { sequence, at } of known) {
      const to = sequence.storage.get(LOG_PROBS) as DeviceTensor;
      backend.copy(from, at, to, sequence.position - 1, 1);
    }
  }

  #putAside({ sequence, at }: Omit<KnownToken, "target">): void {
    const [{ form }] = this.#last as readonly [Placed];
    if (!this.#live.has(sequence)) return;
    const from = this.#program(form).kept.get(LOGITS) as DeviceTensor;
    const size = rowSize(from);
    const late = sequence.storage.alloc(LATE_ROW, [1, size], "f32");
    this.#device.backend.copy(from, at * size, late, 0, size);
  }

  /** Puts rows that lie aside back to where logits are, as many as there is room for at a time. */
  #settleLate(): void {
    const late = this.#waiting.filter(({ sequence }) => sequence.storage.get(LATE_ROW));
    const most = this.#frame.sizes.rows;
    for (let first = 0; first < late.length; first += most) {
      const parts = late.slice(first, first + most);
      const { form } = parts[0] as Waiting;
      const to = this.#program(form).kept.get(LOGITS) as DeviceTensor;
      const size = rowSize(to);
      for (const [at, { sequence }] of parts.entries()) {
        const from = sequence.storage.get(LATE_ROW) as DeviceTensor;
        this.#device.backend.copy(from, 0, to, at * size, size);
        sequence.storage.free(LATE_ROW);
      }
      const known = parts.map(({ sequence, ids }, at) => ({
        ...{ sequence, at },
        target: ids[0] as number,
      }));
      this.#tellLogProbs(form, parts.length, known);
    }
  }

  #input(name: string): DeviceTensor {
    return this.#frame.get(name) as DeviceTensor;
  }
}

/** The rows of a step that go through the head: neighbours together. */
function headsOf(parts: readonly Placed[]): "all" | Step[] {
  if (parts.every(({ headRows, ids }) => headRows === ids.length)) return "all";
  const steps: Step[] = [];
  for (const { headRows, ids, row } of parts) {
    if (headRows === 0) continue;
    const own = headStep({ nTokens: ids.length, start: 0, row }, headRows);
    const last = steps.at(-1);
    const end = last === undefined ? -1 : (last.row ?? 0) + last.nTokens;
    if (last !== undefined && own.row === end)
      steps[steps.length - 1] = { ...last, nTokens: last.nTokens + headRows };
    else steps.push({ ...own, start: 0 });
  }
  return steps;
}

function rowsOf(parts: readonly Part[]): number {
  return parts.reduce((rows, { ids }) => rows + ids.length, 0);
}
