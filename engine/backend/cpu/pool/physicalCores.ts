/** Where Linux lists the threads of a core; equal lists are one core. */
const siblingsOf = (cpu: number): string =>
  `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;

/**
 * Cores that this process may use, at least 1: two threads of one core share its multipliers. Where the system does not say which
 * threads share one, half of an x64 processor's threads.
 */
export function physicalCores(): number {
  const builtIn = globalThis.process?.getBuiltinModule;
  if (!builtIn) return withoutSiblings(navigator.hardwareConcurrency ?? 1, "");
  const { availableParallelism, arch, cpus } = builtIn("node:os");
  const available = availableParallelism();
  const listed = coresOnLinux(builtIn("node:fs"), cpus().length);
  return Math.max(
    1,
    listed === null ? withoutSiblings(available, arch()) : Math.min(listed, available),
  );
}

function coresOnLinux({ readFileSync }: typeof import("node:fs"), threads: number): number | null {
  try {
    const cores = new Set<string>();
    for (let cpu = 0; cpu < threads; cpu++) cores.add(readFileSync(siblingsOf(cpu), "utf8"));
    return cores.size;
  } catch {
    return null;
  }
}

/** A page is not told its processor: most that have several threads a core are x64. */
function withoutSiblings(threads: number, arch: string): number {
  return arch === "arm64" ? threads : Math.max(1, Math.ceil(threads / 2));
}
