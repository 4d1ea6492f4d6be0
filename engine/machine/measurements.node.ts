import { cpus } from "node:os";
import type { BackendInfo } from "../backend/backend.ts";
import { type AdapterNames, adapterKey } from "../backend/webgpu/adapter.ts";
import { CacheFile } from "../base/cacheFile.node.ts";
import { BackendError } from "../base/errors.ts";
import { deviceFault } from "./deviceRecord.ts";
import type { MeasuredDevice } from "./measureDevice.ts";

const measurements = new CacheFile("devices.json", unreadable);

/** Where `vitrine doctor --measure` keeps what it measured: vitrine/devices.json in XDG_CACHE_HOME, under ~/.cache otherwise. */
export function measurementsFile(): string {
  return measurements.path;
}

/** What was measured of a device; null where nobody has measured it. @throws BackendError ERR_MEASUREMENTS */
export async function readMeasured(key: string): Promise<MeasuredDevice | null> {
  const given = (await measurements.read())[key];
  if (given === undefined) return null;
  const wrong = deviceFault(given);
  if (wrong !== null) throw unreadable(wrong);
  const { limits } = given as Partial<MeasuredDevice>;
  if (!Array.isArray(limits)) throw unreadable(`limits, got ${JSON.stringify(limits)}`);
  return given as MeasuredDevice;
}

export async function writeMeasured(key: string, device: MeasuredDevice): Promise<void> {
  await measurements.write(key, device);
}

/** The processor with the threads that the cpu backend has, e.g. "AMD EPYC 7B13, 8 threads": other threads do something else. */
export function processorName({ features }: BackendInfo): string {
  const threads = features.find((feature) => feature.startsWith("threads: "))?.match(/\d+/)?.[0];
  const model = cpus()[0]?.model.trim().replace(/\s+/g, " ");
  return `${model || "unnamed processor"}, ${threads ?? "1"} ${threads === "1" ? "thread" : "threads"}`;
}

/** Under what the measurement of an adapter is kept. */
export function adapterMeasurementKey(adapter: AdapterNames): string {
  return `webgpu: ${adapterKey(adapter)}`;
}

/** Under what that of a processor is kept. */
export function processorMeasurementKey(info: BackendInfo): string {
  return `cpu: ${processorName(info)}`;
}

function unreadable(what: string): BackendError {
  return new BackendError(
    "ERR_MEASUREMENTS",
    `${measurementsFile()}: expected ${what}. Delete the file; vitrine doctor --measure writes it anew.`,
  );
}
