import type { CompiledEdits } from "../act/compileEdits.ts";
import { rowSize } from "../backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import { LOG_PROBS, LOGITS, TARGETS } from "../plan/compilePlan.ts";
import { type Keep, keptValues } from "../plan/keptValues.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { FINAL_HIDDEN, isDraftValue } from "../plan/planMtp.ts";
import type { HostArray } from "../tensor/tensor.ts";
import {
  BatchedExecution,
  type BatchedOptions,
  type Part,
  type PrefixSource,
} from "./batchedExecution.ts";
import { editedPlans } from "./editedPlans.ts";
import type { Frame } from "./frame.ts";
import type { ModelDevice } from "./modelDevice.ts";
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

const NO_ROWS: HostArray = new Float32Array(0);

/**
 * Sequences that go through the model in the same steps, side by side in the activations of one frame. A step is taken
 * when all of them wait for one: every stretch of operators that know no positions runs over all rows at once, so that
 * weights are read once; the others run for one sequence after the other, each with its own caches. A row's bits do not
 * depend on its neighbours, since no operator's do and each sequence brings its own form of attention: a step takes
 * those that wait for the same form, as many as its rows hold.
 */
export class Batch {
  readonly #device: ModelDevice;
  readonly #frame: Frame;
  readonly #plan: (form?: AttentionForm) => Plan;
  /** Values to keep of every sequence, one row for each token. */
  readonly #stored: ReadonlySet<string>;
  /** Those and the logits. */
  readonly #keep: ReadonlySet<string>;
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
  constructor(device: ModelDevice, { capacity, rows, keep, capture, edits, drafts }: BatchParts) {
    this.#device = device;
    const own = [...capture].filter((name) => !isDraftValue(name));
    if (drafts || own.length < capture.size) own.push(FINAL_HIDDEN);
    const spec = edits?.spec ?? device.spec;
    this.#stored = new Set([...keptValues(spec, keep, edits?.observed), LOG_PROBS, ...own]);
    this.#keep = new Set([...this.#stored, LOGITS]);
    this.#plan =
      edits === null
        ? (form) => device.plans.forward({ ...(form && { form }), observed: capture })
        : editedPlans(edits, capture);
    const plan = this.#plan();
    const changes = edits?.changes ?? null;
    const sizes = { capacity, rows, nPrompt: 1 };
    this.#frame = device.frames.lend({ ...sizes, kind: "forward", plan, changes });
  }

  /**
   * A sequence that takes part from now on; no step is taken without it until it has ended.
   * @param prefix rows that it shares with others
   */
  begin(options: BatchedOptions, prefix: PrefixSource | null = null): BatchedExecution {
    const index = this.#free.pop() ?? this.#regions++;
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
        this.#free.push(index);
        if (this.#isOver) this.#giveBack();
        else this.#stepWhenReady();
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
    const nExpected = this.#live.size - this.#aside.size;
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
        await this.#read(parts, this.#execute(parts));
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

  /** Enqueues a step and copies of what is kept of it. @returns its logits */
  #execute(parts: readonly Placed[]): DeviceTensor {
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
    for (const { way, operators } of stretchesOf(program)) {
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

  /** Gives last rows of the last step, whose next tokens are known by now, those tokens' log probabilities. */
  #settle(): void {
    const [first] = this.#last;
    if (first === undefined) return;
    const { backend } = this.#device;
    const coming = new Map(this.#waiting.map(({ sequence, ids }) => [sequence, ids[0]]));
    const open = this.#last.flatMap(({ sequence, row, start, next }) => {
      const target = next === undefined ? coming.get(sequence) : undefined;
      const last = sequence.position - 1; // drafts behind it may have been taken back
      return target === undefined ? [] : [{ sequence, at: row + last - start, target }];
    });
    if (open.length > 0) {
      const targets = new Int32Array(rowsOf(this.#last)).fill(-1);
      for (const { at, target } of open) targets[at] = target;
      backend.write(this.#input(TARGETS), 0, targets);
      const { ops } = this.#plan(first.form);
      const index = ops.findIndex(({ outputs }) => outputs.includes(LOG_PROBS));
      const { operators, kept } = this.#program(first.form);
      backend.execute(operators.slice(index, index + 1), { nTokens: targets.length, start: 0 });
      const from = kept.get(LOG_PROBS) as DeviceTensor;
      for (const { sequence, at } of open)
        backend.copy(
          from,
          at,
          sequence.storage.get(LOG_PROBS) as DeviceTensor,
          sequence.position - 1,
          1,
        );
    }
    this.#last = [];
  }

  #input(name: string): DeviceTensor {
    return this.#frame.get(name) as DeviceTensor;
  }
}

function rowsOf(parts: readonly Part[]): number {
  return parts.reduce((rows, { ids }) => rows + ids.length, 0);
}
