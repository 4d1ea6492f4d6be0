import { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { instantiateKernels } from "../../engine/backend/cpu/instantiateKernels.ts";
import type { Kernels } from "../../engine/backend/cpu/kernels.ts";
import { ADDRESSABLE_BYTES, MEMORY_SIZES } from "../../engine/backend/cpu/memorySizes.ts";
import { Pool } from "../../engine/backend/cpu/pool/pool.ts";

/** A call into WebAssembly, which can be made again. */
interface RecordedCall {
  readonly kernel: string;
  readonly again: () => void;
}

/** A backend whose calls of kernels can be written down. */
export interface RecordedKernels {
  readonly backend: CpuBackend;
  /** @returns the calls that `work` makes, in order */
  callsOf(work: () => void): readonly RecordedCall[];
}

/** The `cpu` backend on one thread. */
export async function recordedKernels(arithmetic: "exact" | "i16"): Promise<RecordedKernels> {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  const { module, exports } = await instantiateKernels(memory, false);
  let calls: RecordedCall[] | null = null;
  const recorded = Object.fromEntries(
    Object.entries(exports).map(([name, kernel]) => [name, recording(name, kernel as Kernel)]),
  );
  function recording(name: string, kernel: Kernel): Kernel {
    return (...args) => {
      calls?.push({ kernel: name, again: () => void kernel(...args) });
      return kernel(...args);
    };
  }
  const backend = new CpuBackend({
    memory,
    instance: { module, exports: recorded, kernels: recorded as unknown as Kernels },
    pool: new Pool({ module, memory, exports: recorded, threads: 1 }),
    maxMemoryBytes: ADDRESSABLE_BYTES,
    sizes: MEMORY_SIZES,
    threadFeature: "threads: 1",
    arithmetic,
  });
  return {
    backend,
    callsOf: (work) => {
      const made: RecordedCall[] = [];
      calls = made;
      work();
      calls = null;
      return made;
    },
  };
}

type Kernel = (...args: readonly number[]) => number | undefined;
