/** Loads one model for bench/load.ts and prints what it took as JSON: `loadOnce.ts PATH BACKEND`, under --expose-gc. */
import { type BackendName, loadModel } from "../engine/index.node.ts";

export interface Loaded {
  readonly ms: number;
  /** Of all threads of the process. */
  readonly cpuMs: number;
  /** Resident memory of the process before, at most, and after a collection of garbage. */
  readonly bytesBefore: number;
  readonly peakBytes: number;
  readonly bytesAfter: number;
  /** What the backend holds. */
  readonly deviceBytes: number;
}

const [path, backend] = process.argv.slice(2) as [string, BackendName];
globalThis.gc?.();
const bytesBefore = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const model = await loadModel(path, { backend });
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpuBefore);
globalThis.gc?.();
const loaded: Loaded = {
  ...{ ms, cpuMs: (user + system) / 1000, bytesBefore },
  peakBytes: process.resourceUsage().maxRSS * 1024,
  bytesAfter: process.memoryUsage.rss(),
  deviceBytes: model.deviceMemory().bytes,
};
process.stdout.write(JSON.stringify(loaded));
model.dispose();
