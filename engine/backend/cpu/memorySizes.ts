/** What WebAssembly can address in one memory. */
export const ADDRESSABLE_BYTES = 2 ** 32;
export const PAGE_BYTES = 65536;

/** How matrices of weights are shared out over memories. */
export interface MemorySizes {
  /** Of one memory at most. */
  readonly memoryBytes: number;
  /** Matrices in the first memory; the rest of it is left to activations and caches. */
  readonly firstMatrixBytes: number;
  /** Matrices in each other one; the rest is working memory. A matrix that is larger has a memory alone. */
  readonly otherMatrixBytes: number;
}

/** Half of the first for activations and caches, and 256 MiB of each other for what kernels need beside weights. */
export const MEMORY_SIZES: MemorySizes = {
  memoryBytes: ADDRESSABLE_BYTES,
  firstMatrixBytes: ADDRESSABLE_BYTES / 2,
  otherMatrixBytes: ADDRESSABLE_BYTES - 2 ** 28,
};

/** What the process may take of the machine's memory; at least 4 GiB, also where nobody says how much there is. */
export function hostBytes(): number {
  const builtIn = globalThis.process?.getBuiltinModule;
  if (!builtIn) {
    const { deviceMemory = 0 } = navigator as { readonly deviceMemory?: number };
    return Math.max(ADDRESSABLE_BYTES, deviceMemory * 2 ** 30);
  }
  const total = builtIn("node:os").totalmem();
  const allowed = process.constrainedMemory() || total; // 0 where nothing constrains it
  return Math.max(ADDRESSABLE_BYTES, Math.min(total, allowed));
}
