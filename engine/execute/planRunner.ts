import { rowSize } from "../backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import type { PlanChanges } from "../plan/planChanges.ts";
import type { Frame, PlanKind } from "./frame.ts";
import type { ModelDevice } from "./modelDevice.ts";
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
}

/** A frame while one sequence has it, and the values that the sequence keeps: those are in `storage`. */
export class PlanRunner {
  readonly storage: TensorGroup;
  readonly #device: ModelDevice;
  readonly #options: PlanRunnerOptions;
  readonly #keep: ReadonlySet<string>;
  #frame: Frame | null;

  constructor(device: ModelDevice, options: PlanRunnerOptions) {
    this.#device = device;
    this.#options = options;
    this.#keep = new Set([...options.stored, ...options.read]);
    this.storage = new TensorGroup(device);
    const plan = options.plan();
    this.#frame = device.frames.lend({ ...options, plan });
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

  /** Enqueues one step, and copies of the rows to store. */
  execute(form: AttentionForm, step: Step): void {
    const { backend } = this.#device;
    const { operators, kept } = this.#program(form);
    live(this.#frame).placeStep(step);
    backend.execute(operators, step);
    for (const [name, from] of kept) {
      const to = this.storage.get(name);
      if (to === undefined) continue;
      const size = rowSize(to);
      backend.copy(from, 0, to, step.start * size, step.nTokens * size);
    }
  }

  /** Executes the operator that writes a value once more, on what the last step of this form has left. */
  again(form: AttentionForm, name: string, step: Step): void {
    const { operators } = this.#program(form);
    const index = this.#options.plan(form).ops.findIndex(({ outputs }) => outputs.includes(name));
    this.#device.backend.execute([live(operators[index])], step);
  }

  /** One of the values to read, as the last step of this form left it. */
  output(form: AttentionForm, name: string): DeviceTensor {
    return live(this.#program(form).kept.get(name));
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
    return live(this.#frame).program(this.#options.plan(form), this.#keep);
  }
}

function live<T>(found: T | null | undefined): T {
  if (found === null || found === undefined)
    throw new Error("the sequence was finished, or took no such step");
  return found;
}
