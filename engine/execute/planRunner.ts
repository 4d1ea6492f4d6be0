import type { OperatorTimes } from "../backend/backend.ts";
import { rowSize } from "../backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import { joinTimes } from "../backend/timeEach.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import type { Frame, PlanKind } from "./frame.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { operatorAlone } from "./operatorAlone.ts";
import { fillRows } from "./prefixRows.ts";
import { headStep, programParts } from "./programHead.ts";
import { TensorGroup } from "./tensorGroup.ts";

export interface PlanRunnerOptions {
  /** Positions to make room for. */
  readonly capacity: number;
  /** Tokens that enter the sequence together; dynamic rotary scaling goes by their number. */
  readonly nPrompt: number;
  /** Tokens of the longest step. */
  readonly rows: number;
  readonly kind: PlanKind;
  /** What the plans were specialised with. */
  readonly changes?: PlanChanges | null;
  /** The same plan every time, as `Plans` gives it. */
  readonly plan: (form?: AttentionForm) => Plan;
  /** Values to keep in full, one row for each token. */
  readonly stored: ReadonlySet<string>;
  /** Values that are read after a step. */
  readonly read: readonly string[];
  /** Give every value a buffer of its own, so that all can be read and written between operators. Default false. */
  readonly unpooled?: boolean;
  /** Measure what is executed, for `operatorTimes`. Default false. */
  readonly profile?: boolean;
}

/** A frame while one sequence has it, and the values that the sequence keeps: those are in `storage`. */
export class PlanRunner {
  readonly storage: TensorGroup;
  readonly #device: ModelDevice;
  readonly #options: PlanRunnerOptions;
  readonly #keep: ReadonlySet<string>;
  #frame: Frame | null;
  /** Of the parts that were executed since somebody asked. */
  #times: Promise<OperatorTimes>[] = [];

  constructor(device: ModelDevice, options: PlanRunnerOptions) {
    this.#device = device;
    this.#options = options;
    this.#keep = new Set([...options.stored, ...options.read]);
    this.storage = new TensorGroup(device);
    const plan = options.plan();
    this.#frame = device.frames.lend({ ...options, own: options.unpooled === true, plan });
    try {
      this.#allocate(plan);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Where a step's input is written. */
  input(name: string): DeviceTensor {
    return live(this.#frame?.get(name));
  }

  /** Goes on to another sequence of the same plans, with other numbers of their changes. */
  change(changes: PlanChanges): void {
    live(this.#frame).change(changes);
  }

  /** Has the device compile what a step needs, before anything of it is written. @param headRows as in `execute` */
  async prepare(form: AttentionForm, step: Step, headRows?: number): Promise<void> {
    for (const { operators, part } of this.#parts(form, step, headRows))
      await this.#device.backend.prepare?.(operators, part);
  }

  /**
   * Enqueues one step, and copies of the rows to store.
   * @param headRows so many of its last rows go through the head; the others' logits are anything. Default: all
   */
  execute(form: AttentionForm, step: Step, headRows?: number): void {
    this.place(step);
    for (const { operators, part } of this.#parts(form, step, headRows))
      this.#enqueue(operators, part);
    this.store(form, step);
  }

  /** What is executed of a program, and the rows of each part. */
  #parts(form: AttentionForm, step: Step, headRows = step.nTokens) {
    const program = this.#program(form);
    if (headRows === step.nTokens) return [{ operators: program.operators, part: step }];
    const { body, head } = programParts(this.#options.plan(form), program);
    const ofBody = { operators: body.operators, part: step };
    return headRows === 0
      ? [ofBody]
      : [ofBody, { operators: head, part: headStep(step, headRows) }];
  }

  /** Writes what a step needs beside its tokens. */
  place(step: Step): void {
    live(this.#frame).placeStep(step);
  }

  /** Enqueues operators [first, end) of a step. */
  executePart(form: AttentionForm, step: Step, first = 0, end?: number): void {
    const { operators } = this.#program(form);
    const isWhole = first === 0 && end === undefined;
    this.#enqueue(isWhole ? operators : operators.slice(first, end), step);
  }

  #enqueue(operators: readonly Operator[], step: Step): void {
    const { backend } = this.#device;
    if (this.#options.profile !== true) {
      backend.execute(operators, step);
      return;
    }
    const times = backend.profile(operators, step);
    times.catch(() => undefined); // `operatorTimes` hears of it
    this.#times.push(times);
  }

  /** Of each operator that was executed since it was asked last. */
  async operatorTimes(): Promise<OperatorTimes> {
    const times = this.#times;
    this.#times = [];
    return joinTimes(await Promise.all(times));
  }

  /** The operators of a step, with tensors in the places of names. */
  operators(form: AttentionForm): readonly Operator[] {
    return this.#program(form).operators;
  }

  /** Enqueues copies of a step's rows to store. */
  store(form: AttentionForm, step: Step): void {
    const { backend } = this.#device;
    const { kept } = this.#program(form);
    for (const [name, from] of kept) {
      const to = this.storage.get(name);
      if (to === undefined) continue;
      const size = rowSize(to);
      backend.copy(from, 0, to, step.start * size, step.nTokens * size);
    }
  }

  /** Executes the operator that writes a value once more, on what the last step of this form has left. */
  again(form: AttentionForm, name: string, step: Step): void {
    const alone = operatorAlone(this.#options.plan(form), this.#program(form), name);
    this.#device.backend.execute(alone, step);
  }

  /** One of the values to read, as the last step of this form left it. */
  output(form: AttentionForm, name: string): DeviceTensor {
    return live(this.#program(form).kept.get(name));
  }

  /** Copies the rows of positions [0, rows) of what another run of the same plans has: its caches and what it stored. */
  copyFrom(other: PlanRunner, rows: number): void {
    const { backend } = this.#device;
    const copy = (from: DeviceTensor | undefined, to: DeviceTensor | undefined) => {
      if (from !== undefined && to !== undefined && rows > 0)
        backend.copy(from, 0, to, 0, rows * rowSize(to));
    };
    for (const { name, role } of this.#options.plan().values.values())
      if (role === "cache") copy(other.input(name), this.input(name));
    for (const name of this.storage.names()) copy(other.storage.get(name), this.storage.get(name));
  }

  /** Puts `rows` rows that another sequence left in a group at the beginning of the caches and of what it stores. */
  fill(group: TensorGroup, rows: number): void {
    live(this.#frame).fillCaches(group, rows);
    fillRows(this.storage, group, rows);
  }

  /** Puts the caches of the first `rows` positions into `storage` and gives the frame back. */
  finish(rows: number): void {
    const frame = live(this.#frame);
    const { frames } = this.#device;
    this.#frame = null;
    try {
      frame.handOver(this.storage, rows, !frames.keeps(frame));
    } finally {
      frames.giveBack(frame);
    }
  }

  dispose(): void {
    if (this.#frame !== null) this.#device.frames.giveBack(this.#frame);
    this.#frame = null;
    this.storage.freeAll();
  }

  #allocate(plan: Plan): void {
    const { capacity, stored } = this.#options;
    const sizes = { rows: capacity, capacity: live(this.#frame).sizes.capacity };
    for (const name of stored) {
      const value = plan.values.get(name);
      if (value === undefined || value.role === "cache") continue; // a cache comes with `finish`
      this.storage.alloc(name, concreteShape(value, sizes), value.dtype);
    }
  }

  #program(form: AttentionForm) {
    const plan = this.#options.plan(form);
    return live(this.#frame).program(plan, this.#options.unpooled ? activations(plan) : this.#keep);
  }
}

/** Names of the values that each step writes anew. */
export function activations({ values }: Plan): ReadonlySet<string> {
  return new Set(
    [...values.values()].flatMap(({ name, role }) => (role === "activation" ? name : [])),
  );
}

function live<T>(found: T | null | undefined): T {
  if (found === null || found === undefined)
    throw new Error("the sequence was finished, or took no such step");
  return found;
}
