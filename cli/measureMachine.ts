import { totalmem } from "node:os";
import type { BackendInfo } from "../engine/backend/backend.ts";
import { openBackend } from "../engine/backend/openBackend.node.ts";
import {
  type AdapterNames,
  adapterName,
  describeAdapter,
} from "../engine/backend/webgpu/adapter.ts";
import { requestNodeAdapter } from "../engine/backend/webgpu/webgpuAdapter.node.ts";
import {
  type MeasuredDevice,
  type MeasureOptions,
  measureDevice,
} from "../engine/machine/measureDevice.ts";
import {
  adapterMeasurementKey,
  processorMeasurementKey,
  processorName,
  readMeasured,
  writeMeasured,
} from "../engine/machine/measurements.node.ts";
import { progressBar } from "./progressBar.ts";

type HowToMeasure = Pick<MeasureOptions, "rounds" | "signal">;

/** Measures the processor, and the WebGPU adapter where there is one, and keeps what comes out. */
export async function measureMachine(options: HowToMeasure): Promise<void> {
  await measureBackend("cpu", options, (info) => ({
    key: processorMeasurementKey(info),
    name: processorName(info),
    memoryBytes: totalmem(),
  }));
  const found = await requestNodeAdapter();
  if (found === null) return;
  const adapter = describeAdapter(found.adapter);
  found.release();
  await measureBackend("webgpu", options, () => ({
    key: adapterMeasurementKey(adapter),
    name: adapterName(adapter),
    memoryBytes: adapter.software ? totalmem() : null,
  }));
}

async function measureBackend(
  choice: "cpu" | "webgpu",
  options: HowToMeasure,
  about: (info: BackendInfo) => {
    readonly key: string;
    readonly name: string;
    readonly memoryBytes: number | null;
  },
): Promise<void> {
  const { backend } = await openBackend(choice);
  const bar = progressBar();
  try {
    const { key, name, memoryBytes } = about(backend.info);
    const onProgress: typeof bar.update = (progress) =>
      bar.update({ ...progress, label: `${choice}, ${progress.label}` });
    const device = await measureDevice(backend, { name, memoryBytes, ...options, onProgress });
    await writeMeasured(key, device);
  } finally {
    bar.clear();
    backend.dispose();
  }
}

/** What was measured of the processor, and of an adapter. */
export async function measuredReport(adapter: AdapterNames | null): Promise<{
  readonly cpu: string | MeasuredDevice;
  readonly webgpu: string | MeasuredDevice;
}> {
  return {
    cpu: await kept(async () => {
      const { backend } = await openBackend("cpu");
      const key = processorMeasurementKey(backend.info);
      backend.dispose();
      return key;
    }),
    webgpu:
      adapter === null ? "no adapter" : await kept(async () => adapterMeasurementKey(adapter)),
  };
}

/** A measurement, or why there is none. */
async function kept(key: () => Promise<string>): Promise<string | MeasuredDevice> {
  try {
    return (await readMeasured(await key())) ?? "no: vitrine doctor --measure does";
  } catch (error) {
    return (error as Error).message;
  }
}

/** One line of what was measured. */
export function describeMeasured(measured: string | MeasuredDevice): string {
  if (typeof measured === "string") return measured;
  const { bytesPerSecond, flopsPerSecond, date, limits } = measured;
  const speeds = Object.entries(flopsPerSecond).map(
    ([dtype, value]) => `${giga(value)} GFLOP/s ${dtype}`,
  );
  const spread = Math.min(...limits.map(({ best, median }) => median / best));
  const parts = [`${giga(bytesPerSecond)} GB/s`, ...speeds, date];
  if (spread < 0.8)
    parts.push(
      `half of the rounds reached less than ${Math.ceil(spread * 100)} % of that: the machine was busy`,
    );
  return parts.join(", ");
}

function giga(value: number): string {
  const g = value / 1e9;
  return g < 100 ? g.toFixed(1) : g.toFixed(0);
}
