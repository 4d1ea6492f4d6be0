import { CostTable, quantities } from "../cost/costTable.ts";
import type { ParameterCount } from "../cost/parameters.ts";
import type { Arithmetic, StepCost } from "../cost/stepCost.ts";
import type { DeviceRecord, WhatIfWork } from "../trace/schema.ts";

/** Devices of one kind that share the work evenly. */
export interface Devices {
  readonly device: DeviceRecord;
  readonly count: number;
}

type Classes = Pick<ParameterCount, "byClass" | "activeByClass">;

/**
 * Work added up. A step takes at least as long as its bytes do at the device's bandwidth, and as its FLOPs do at the rate of what
 * is multiplied; the longer of the two counts, and steps come one after another.
 */
export class WorkTotal {
  readonly #devices: Devices | null;
  readonly #parameters: Classes;
  readonly #table = new CostTable(1);
  #seconds = 0;
  #memorySeconds = 0;
  #computeSeconds = 0;

  /** @param parameters of each class that the model has, for the record */
  constructor(devices: Devices | null, parameters: Classes) {
    this.#devices = devices;
    this.#parameters = parameters;
  }

  /** @param times how often the step is taken; steps of which these are the mean take no less together */
  add(step: StepCost, times = 1): this {
    this.#table.addScaled(step.table, times);
    if (this.#devices === null) return this;
    const memory = times * memorySeconds(step, this.#devices);
    const compute = times * computeSeconds(step, this.#devices);
    this.#memorySeconds += memory;
    this.#computeSeconds += compute;
    this.#seconds += Math.max(memory, compute);
    return this;
  }

  /** Adds what another total has. */
  merge(other: WorkTotal, times: number): this {
    this.#table.addScaled(other.#table, times);
    this.#memorySeconds += times * other.#memorySeconds;
    this.#computeSeconds += times * other.#computeSeconds;
    this.#seconds += times * other.#seconds;
    return this;
  }

  record(): WhatIfWork {
    const isMemory = this.#memorySeconds >= this.#computeSeconds;
    return {
      ...this.#table.totals(0),
      classes: [...this.#parameters.byClass].map(([costClass, parameters]) => ({
        costClass,
        parameters,
        activeParameters: this.#parameters.activeByClass.get(costClass) ?? 0,
        ...quantities((quantity) => this.#table.amount(0, costClass, quantity)),
      })),
      seconds: this.#devices === null ? null : this.#seconds,
      bound: this.#devices === null ? null : isMemory ? "memory" : "compute",
    };
  }
}

function memorySeconds({ table }: StepCost, { device, count }: Devices): number {
  const { weightBytes, kvReadBytes, kvWriteBytes } = table.totals(0);
  return (weightBytes + kvReadBytes + kvWriteBytes) / (count * device.bytesPerSecond);
}

function computeSeconds({ flops }: StepCost, { device, count }: Devices): number {
  const arithmetics: readonly Arithmetic[] = ["f32", "bf16", "fp8", "packed"];
  return arithmetics.reduce(
    (seconds, arithmetic) => seconds + flops[arithmetic] / (count * rateOf(device, arithmetic)),
    0,
  );
}

/**
 * FLOP/s of a device for what is multiplied; it takes what it has no rate for as the next wider dtype. Packed weights may be multiplied
 * in whole numbers of 16 bits, where the device has a rate of them.
 */
function rateOf({ flopsPerSecond }: DeviceRecord, arithmetic: Arithmetic): number {
  const { f32, bf16 = f32, fp8 = bf16, i16 = 0 } = flopsPerSecond;
  return { f32, bf16, fp8, packed: Math.max(bf16, i16) }[arithmetic];
}
