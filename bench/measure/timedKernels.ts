import { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { instantiateKernels } from "../../engine/backend/cpu/instantiateKernels.ts";
import type { Kernels } from "../../engine/backend/cpu/kernels.ts";
import { ADDRESSABLE_BYTES, MEMORY_SIZES } from "../../engine/backend/cpu/memorySizes.ts";
import { Pool } from "../../engine/backend/cpu/pool/pool.ts";

/** A backend whose kernels are timed, call by call. */
export interface TimedKernels {
  readonly backend: CpuBackend;
  /** Does the work. @returns milliseconds of each call of a kernel, in order: on the clock, of long ones of the processor if that is less */
  callsOf(work: () => Promise<unknown>): Promise<readonly number[]>;
}

/** The `cpu` backend on one thread, whose calls into WebAssembly are timed. */
export async function timedKernels(): Promise<TimedKernels> {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  const { module, exports } = await instantiateKernels(memory, false);
  let calls: number[] = [];
  const timed = Object.fromEntries(
    Object.entries(exports).map(([name, kernel]) => [name, timing(kernel as Kernel)]),
  );
  function timing(kernel: Kernel): Kernel {
    return (...args) => {
      const [cpuBefore, startedAt] = [process.cpuUsage(), performance.now()];
      const answer = kernel(...args);
      const wallMs = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(cpuBefore);
      // The processor's time counts whole microseconds, so that of a short call can be 0.
      calls.push(wallMs < 0.1 ? wallMs : Math.min(wallMs, (user + system) / 1000));
      return answer;
    };
  }
  const backend = new CpuBackend({
    memory,
    instance: { module, exports: timed, kernels: timed as unknown as Kernels },
    pool: new Pool({ module, memory, exports: timed, threads: 1 }),
    maxMemoryBytes: ADDRESSABLE_BYTES,
    sizes: MEMORY_SIZES,
    threadFeature: "threads: 1",
    arithmetic: "exact",
  });
  return {
    backend,
    callsOf: async (work) => {
      calls = [];
      await work();
      return calls;
    },
  };
}

type Kernel = (...args: readonly number[]) => number | undefined;

/** What a call takes that does nothing, milliseconds: that much of every call is the clock's. */
export function clockMs(): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10_000; i++) {
    const startedAt = performance.now();
    least = Math.min(least, performance.now() - startedAt);
  }
  return least;
}
