import type { DeviceTensor } from "../backend/backend.ts";
import { rowSize } from "../backend/checkOperator.ts";
import { AbortedError } from "../errors.ts";
import { compilePlan } from "../model/compilePlan.ts";
import type { AttentionForm, Plan } from "../model/plan.ts";
import { ropeTables } from "../model/rope.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { bindPlan, concreteShape, type Program } from "./bindPlan.ts";
import { BufferPool } from "./bufferPool.ts";
import { keptValues } from "./keptValues.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { TensorGroup } from "./tensorGroup.ts";

export interface ExecutionOptions {
  /** Positions to make room for. */
  readonly capacity: number;
  /** Tokens of the longest step. */
  readonly rows: number;
  /** Plan values to keep in full beside those every run keeps. */
  readonly capture: ReadonlySet<string>;
}

/** A step as it was executed. */
export interface StepTaken {
  readonly phase: "prefill" | "decode";
  readonly form: AttentionForm;
  readonly start: number;
  readonly nTokens: number;
  /** Measured, from writing the ids to having the logits. */
  readonly durationMs: number;
}

/**
 * The forward pass of one sequence, step by step: owns its KV cache, its working buffers, and the tensors that are kept.
 * After `finish` only `storage` remains.
 */
export class Execution {
  readonly storage: TensorGroup;
  readonly steps: StepTaken[] = [];
  readonly #device: ModelDevice;
  readonly #options: ExecutionOptions;
  readonly #working: TensorGroup;
  readonly #pool: BufferPool;
  readonly #stored: ReadonlySet<string>;
  readonly #programs = new Map<AttentionForm, Program>();
  #position = 0;

  constructor(device: ModelDevice, options: ExecutionOptions) {
    this.#device = device;
    this.#options = options;
    this.storage = new TensorGroup(device);
    this.#working = new TensorGroup(device);
    this.#pool = new BufferPool(this.#working);
    this.#stored = new Set([...keptValues(device.spec), ...options.capture]);
    try {
      this.#allocate();
    } catch (error) {
      this.dispose();
      throw error;
    }
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
    return this.#device.mutex.run(async () => {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      this.#device.assertLive();
      const { backend, spec } = this.#device;
      const program = this.#program(form);
      const start = this.#position;
      const nTokens = ids.length;
      const startedAt = performance.now();
      backend.write(tensor(this.#working.get("ids")), 0, Int32Array.from(ids));
      backend.execute(program.operators, { nTokens, start });
      for (const [name, from] of program.kept) {
        const to = this.storage.get(name);
        if (to !== undefined) {
          const size = rowSize(to);
          backend.copy(from, 0, to, start * size, nTokens * size);
        }
      }
      const logits = await backend.read(
        tensor(program.kept.get("hook_logits")),
        0,
        nTokens * spec.nVocab,
      );
      this.#position += nTokens;
      const durationMs = performance.now() - startedAt;
      this.steps.push({ phase, form, start, nTokens, durationMs });
      return logits;
    });
  }

  /** Frees the working buffers; what was kept stays in `storage`, cut down to the tokens there are. */
  finish(): void {
    this.#freeWorking();
    for (const name of this.storage.names()) this.storage.shrink(name, this.#position);
  }

  dispose(): void {
    this.#freeWorking();
    this.storage.freeAll();
  }

  #freeWorking(): void {
    this.#programs.clear();
    this.#working.freeAll();
  }

  #allocate(): void {
    const { backend, spec } = this.#device;
    const { capacity, rows } = this.#options;
    this.#working.alloc("ids", [rows], "i32");
    const tables = spec.rope.dim > 0 ? ropeTables(spec.rope, capacity) : {};
    for (const [name, data] of Object.entries(tables)) {
      const table = this.#working.alloc(`rope.${name}`, [capacity, spec.rope.dim / 2], "f32");
      backend.write(table, 0, table.dtype === "f64" ? data : Float32Array.from(data));
    }
    const plan = this.#plan();
    for (const value of plan.values.values())
      if (value.role === "cache" || this.#stored.has(value.name))
        this.storage.alloc(
          value.name,
          concreteShape(value, { rows: capacity, capacity }),
          value.dtype,
        );
  }

  #program(form: AttentionForm): Program {
    const existing = this.#programs.get(form);
    if (existing !== undefined) return existing;
    const program = bindPlan(this.#plan(form), {
      ...this.#options,
      weights: this.#device.weights,
      fixed: (name) => this.storage.get(name) ?? this.#working.get(name),
      keep: new Set([...this.#stored, "hook_logits"]),
      pool: this.#pool,
    });
    this.#programs.set(form, program);
    return program;
  }

  #plan(form?: AttentionForm): Plan {
    return compilePlan(this.#device.spec, {
      ...(form && { form }),
      observed: this.#options.capture,
    });
  }
}

function tensor(found: DeviceTensor | undefined): DeviceTensor {
  if (found === undefined) throw new Error("the execution was finished");
  return found;
}
