import { rowSize } from "../backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import { ropeTables } from "../model/rope.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { bindPlan, type Program } from "./bindPlan.ts";
import { BufferPool } from "./bufferPool.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { TensorGroup } from "./tensorGroup.ts";

export interface PlanRunnerOptions {
  /** Positions to make room for. */
  readonly capacity: number;
  /** Tokens that enter the sequence together; dynamic rotary scaling goes by their number. */
  readonly nPrompt: number;
  /** Tokens of the longest step. */
  readonly rows: number;
  readonly compile: (form?: AttentionForm) => Plan;
  /** Values to keep in full, one row for each token. */
  readonly stored: ReadonlySet<string>;
  /** Values that are read after a step. */
  readonly read: readonly string[];
}

/** A plan bound to tensors, and the tensors: caches and stored values in `storage`, the rest until `freeWorking`. */
export class PlanRunner {
  readonly storage: TensorGroup;
  readonly #device: ModelDevice;
  readonly #options: PlanRunnerOptions;
  readonly #working: TensorGroup;
  readonly #pool: BufferPool;
  readonly #programs = new Map<AttentionForm, Program>();

  constructor(device: ModelDevice, options: PlanRunnerOptions) {
    this.#device = device;
    this.#options = options;
    this.storage = new TensorGroup(device);
    this.#working = new TensorGroup(device);
    this.#pool = new BufferPool(this.#working);
    try {
      this.#allocate();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Where a step's input is written. */
  input(name: string): DeviceTensor {
    return live(this.#working.get(name));
  }

  /** Enqueues one step, and copies of the rows to store. */
  execute(form: AttentionForm, step: Step): void {
    const program = this.#program(form);
    const { backend } = this.#device;
    backend.execute(program.operators, step);
    for (const [name, from] of program.kept) {
      const to = this.storage.get(name);
      if (to === undefined) continue;
      const size = rowSize(to);
      backend.copy(from, 0, to, step.start * size, step.nTokens * size);
    }
  }

  /** One of the values to read, as the last step of this form left it. */
  output(form: AttentionForm, name: string): DeviceTensor {
    return live(this.#programs.get(form)?.kept.get(name));
  }

  freeWorking(): void {
    this.#programs.clear();
    this.#working.freeAll();
  }

  dispose(): void {
    this.freeWorking();
    this.storage.freeAll();
  }

  #allocate(): void {
    const { backend, spec } = this.#device;
    const { capacity, nPrompt, rows, compile, stored } = this.#options;
    const { dim } = spec.rope;
    const tables = dim > 0 ? Object.entries(ropeTables(spec.rope, capacity, nPrompt)) : [];
    for (const [name, data] of tables) {
      const table = this.#working.alloc(`rope.${name}`, [capacity, dim / 2], "f32");
      backend.write(table, 0, table.dtype === "f64" ? data : Float32Array.from(data));
    }
    for (const value of compile().values.values()) {
      const { name, role, dtype } = value;
      if (role === "input")
        this.#working.alloc(name, concreteShape(value, { rows, capacity }), dtype);
      else if (role === "cache" || stored.has(name))
        this.storage.alloc(name, concreteShape(value, { rows: capacity, capacity }), dtype);
    }
  }

  #program(form: AttentionForm): Program {
    const existing = this.#programs.get(form);
    if (existing !== undefined) return existing;
    const { compile, stored, read } = this.#options;
    const program = bindPlan(compile(form), {
      ...this.#options,
      weights: this.#device.weights,
      fixed: (name) => this.storage.get(name) ?? this.#working.get(name),
      keep: new Set([...stored, ...read]),
      pool: this.#pool,
    });
    this.#programs.set(form, program);
    return program;
  }
}

function live(found: DeviceTensor | undefined): DeviceTensor {
  if (found === undefined) throw new Error("the sequence was finished, or took no such step");
  return found;
}
