import type { Backend } from "../backend/backend.ts";
import type { LimitKernel, LimitUnit } from "../backend/limits.ts";
import { breathe } from "../base/breathe.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, BackendError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { DeviceRecord } from "../trace/schema.ts";

export interface MeasureOptions {
  /** Name of the record; default: what the backend calls its device. */
  readonly name?: string;
  /** Of the record, which the engine cannot find out in a page; default null. */
  readonly memoryBytes?: number | null;
  /** How often each kernel is measured; from 1 to 1000, default 15. */
  readonly rounds?: number;
  /** Bytes that are moved at once: more than the device's caches hold. From 1 MiB; default 256 MiB. */
  readonly movedBytes?: number;
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal;
}

const MEASURE_OPTIONS: OptionNames<MeasureOptions> = {
  name: true,
  memoryBytes: true,
  rounds: true,
  movedBytes: true,
  onProgress: true,
  signal: true,
};

/** What a kernel reached, in its unit a second. */
export interface MeasuredLimit {
  readonly name: string;
  readonly unit: LimitUnit;
  /** Of all rounds: what the device can do. */
  readonly best: number;
  /** What it did most of the time: far below the best where others used the machine. */
  readonly median: number;
}

/** A device with what was measured on it. */
export interface MeasuredDevice extends DeviceRecord {
  readonly limits: readonly MeasuredLimit[];
}

/** Work of a measurement takes about so long: long beside a clock's step, short beside a scheduler's. */
const AIM_NS = 3e7;
const MIB = 2 ** 20;

/**
 * Measures what a device does at most, by kernels that do one thing alone: read memory and copy it, multiply and add in registers. The
 * record has the best of all rounds, because a limit is what nothing exceeds: of reading and copying the faster; of float32 the faster
 * of its kernels, and on cpu half of what whole numbers of 16 bits reach where that is more, since the exact product with packed weights
 * takes two of those for one. It takes a second or two and up to 512 MiB, which a cpu backend keeps until `dispose`.
 * @throws InputError ERR_OPTION; BackendError ERR_NOT_MEASURED for the reference backend, and one whose experts wait in host memory;
 * ERR_OUT_OF_MEMORY; AbortedError ERR_ABORTED
 */
export async function measureDevice(
  backend: Backend,
  options: MeasureOptions = {},
): Promise<MeasuredDevice> {
  checkOptions("measureDevice", options, MEASURE_OPTIONS);
  checkSignals("measureDevice", options);
  const { name = backend.info.device, memoryBytes = null, onProgress } = options;
  const rounds = checkWhole("rounds", options.rounds ?? 15, 1, 1000);
  const movedBytes = checkWhole("movedBytes", options.movedBytes ?? 256 * MIB, MIB, 2 ** 40);
  if (backend.openLimits === undefined)
    throw new BackendError(
      "ERR_NOT_MEASURED",
      `measureDevice: expected a backend that works at a device's limits, got ${backend.info.name}${backend.expertCache === undefined ? "" : " with experts in host memory"}. Measure cpu or webgpu, opened by itself.`,
    );
  const signal = withHostSignal(options.signal);
  const limits = backend.openLimits(movedBytes);
  try {
    const amounts = new Map<LimitKernel, number>();
    for (const kernel of limits.kernels) amounts.set(kernel, await amountOf(kernel, signal));
    const speeds = new Map<LimitKernel, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const [kernel, amount] of amounts) {
        const speed = await speedOf(kernel, amount, signal);
        speeds.set(kernel, [...(speeds.get(kernel) ?? []), speed]);
      }
      const label = `round ${round + 1}`;
      onProgress?.({ stage: "measure", done: round + 1, total: rounds, label });
    }
    const measured = [...speeds].map(([kernel, values]) => summed(kernel, values));
    return { ...recordOf(measured), name, memoryBytes, limits: measured };
  } finally {
    limits.dispose();
  }
}

/** The record of the best that was measured. */
function recordOf(measured: readonly MeasuredLimit[]): Omit<DeviceRecord, "name" | "memoryBytes"> {
  const best = (unit: LimitUnit): number =>
    measured.reduce((most, limit) => (limit.unit === unit ? Math.max(most, limit.best) : most), 0);
  const [f32, i16] = [best("f32"), best("i16")];
  return {
    source: "vitrine doctor --measure",
    date: new Date().toISOString().slice(0, 10),
    bytesPerSecond: best("bytes"),
    flopsPerSecond: { f32: Math.max(f32, i16 / 2), ...(i16 > 0 && { i16 }) },
    usdPerHour: null,
  };
}

function summed({ name, unit }: LimitKernel, speeds: readonly number[]): MeasuredLimit {
  const ordered = speeds.toSorted((a, b) => a - b);
  const median = ordered[speeds.length >> 1] ?? Number.NaN;
  return { name, unit, best: ordered.at(-1) ?? Number.NaN, median };
}

/** So much work that it takes about as long as it should; what the device compiles first is compiled then. */
async function amountOf(kernel: LimitKernel, signal: AbortSignal | undefined): Promise<number> {
  let amount = 1;
  for (let attempt = 0; attempt < 16; attempt++) {
    await turn(signal);
    const { amount: done, ns } = await kernel.measure(amount);
    amount = done * Math.min(8, AIM_NS / Math.max(1, ns));
    if (ns > AIM_NS / 2 && attempt > 0) return Math.max(done, amount);
  }
  return amount;
}

async function speedOf(
  kernel: LimitKernel,
  amount: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  await turn(signal);
  const { amount: done, ns } = await kernel.measure(amount);
  return (done / ns) * 1e9;
}

/** @throws AbortedError ERR_ABORTED */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  await breathe();
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}

/** @throws InputError ERR_OPTION */
function checkWhole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InputError(
    "ERR_OPTION",
    `measureDevice ${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(value)}. Leave it out for the default.`,
  );
}
