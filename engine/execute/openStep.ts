import type { Cut } from "../act/cuts.ts";
import { rowSize } from "../backend/checkOperator.ts";
import type { DeviceTensor, Step } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import { AbortedError } from "../base/errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { applyCut, type CutStep } from "./applyCut.ts";
import { type CutPlace, cutPlaces } from "./cutPlaces.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { activations, type PlanRunner } from "./planRunner.ts";

/** What a step goes through. */
export interface StepCourse {
  readonly plan: Plan;
  readonly step: Step;
  /** Functions of the host that have their turns behind operators of the plan. */
  readonly cuts: readonly Cut[];
}

/** A step between two of its operators. All that was computed so far can be read, and written before it is read on. */
export class OpenStep implements CutStep {
  readonly plan: Plan;
  readonly step: Step;
  readonly #device: ModelDevice;
  readonly #runner: PlanRunner;
  readonly #cuts: readonly CutPlace[];
  readonly #onComplete: (durationMs: number) => Promise<void>;
  #durationMs = 0;

  /** Steps are opened by an execution. */
  constructor(
    device: ModelDevice,
    runner: PlanRunner,
    { plan, step, cuts }: StepCourse,
    onComplete: (durationMs: number) => Promise<void>,
  ) {
    this.#device = device;
    this.#runner = runner;
    this.plan = plan;
    this.step = step;
    this.#cuts = cutPlaces(plan, cuts);
    this.#onComplete = onComplete;
  }

  /**
   * Executes operators [first, end), each with the functions of the host behind it, and waits for them. Other sequences may have their
   * turns where such a function has its own.
   * @throws AbortedError ERR_ABORTED before such a function if the signal fired; what it throws
   */
  async execute(first: number, end: number, signal?: AbortSignal): Promise<void> {
    let executed = first;
    for (const { cut, index } of this.#cuts) {
      if (index < first || index >= end) continue;
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      if (index >= executed) await this.#execute(executed, index + 1);
      executed = index + 1;
      await applyCut(this, cut);
    }
    if (executed < end) await this.#execute(executed, end);
  }

  #execute(first: number, end: number): Promise<void> {
    return this.#inTurn(async () => {
      const startedAt = performance.now();
      this.#runner.executePart(this.plan.form, this.step, first, end);
      await this.#device.backend.flush();
      this.#durationMs += performance.now() - startedAt;
    });
  }

  /** An operator as it is executed. */
  operator(index: number): Operator | undefined {
    return this.#runner.operators(this.plan.form)[index];
  }

  /** The rows of the step of a value. */
  read(name: string): Promise<HostArray> {
    return this.#inTurn(() => {
      const tensor = this.#tensor(name);
      return this.#device.backend.read(tensor, 0, this.step.nTokens * rowSize(tensor));
    });
  }

  /** The rows of all positions so far of a cache, of a table, or of a value that is as long as a cache. */
  readSoFar(name: string): Promise<HostArray> {
    return this.#inTurn(() => {
      const isWritten = this.plan.values.get(name)?.role === "activation";
      const tensor = isWritten ? this.#tensor(name) : this.#runner.input(name);
      const { start, nTokens } = this.step;
      return this.#device.backend.read(tensor, 0, (start + nTokens) * rowSize(tensor));
    });
  }

  /** Writes all rows of the step of a value. */
  write(name: string, rows: HostArray): Promise<void> {
    return this.#inTurn(async () => this.#device.backend.write(this.#tensor(name), 0, rows));
  }

  /** Executes operators of the caller's on tensors that it made. */
  look<Result>(work: (device: ModelDevice, step: Step) => Promise<Result>): Promise<Result> {
    return this.#inTurn(() => work(this.#device, this.step));
  }

  /** Takes over what another step of the same plan has computed: values and the rows that it wrote into caches. */
  copyFrom(other: OpenStep): Promise<void> {
    return this.#inTurn(async () => {
      const { backend } = this.#device;
      const { start, nTokens } = this.step;
      const copy = (from: DeviceTensor, to: DeviceTensor, first: number, rows: number) => {
        const size = rowSize(to);
        backend.copy(from, first * size, to, first * size, Math.min(rows, to.shape[0] ?? 0) * size);
      };
      for (const name of activations(this.plan)) {
        const [from, to] = [other.#tensor(name), this.#tensor(name)];
        copy(from, to, 0, to.shape[0] ?? 0);
      }
      for (const { name, role } of this.plan.values.values())
        if (role === "cache")
          copy(other.#runner.input(name), this.#runner.input(name), start, nTokens);
    });
  }

  /** Makes the step one of the sequence's; all its operators were executed. */
  complete(): Promise<void> {
    return this.#inTurn(() => this.#onComplete(this.#durationMs));
  }

  #tensor(name: string): DeviceTensor {
    return this.#runner.output(this.plan.form, name);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#device.mutex.run(() => {
      this.#device.assertLive();
      return work();
    });
  }
}
