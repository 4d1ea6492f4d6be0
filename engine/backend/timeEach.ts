import type { OperatorTimes } from "./backend.ts";

/** Runs what is given, one after the other, and says by the host's clock when each began and what it took. */
export function timeEach(runs: readonly (() => void)[]): OperatorTimes {
  const startNs = new Float64Array(runs.length);
  const durationNs = new Float64Array(runs.length);
  for (const [i, run] of runs.entries()) {
    const startedAt = performance.now();
    run();
    startNs[i] = startedAt * 1e6;
    durationNs[i] = (performance.now() - startedAt) * 1e6;
  }
  return { startNs, durationNs };
}

/** Times of parts of a program, in order, as of one. */
export function joinTimes(parts: readonly OperatorTimes[]): OperatorTimes {
  return {
    startNs: Float64Array.from(parts.flatMap(({ startNs }) => [...startNs])),
    durationNs: Float64Array.from(parts.flatMap(({ durationNs }) => [...durationNs])),
  };
}
