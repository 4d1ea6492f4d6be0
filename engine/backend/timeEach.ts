/** Runs what is given, one after the other. @returns nanoseconds that each took by the clock */
export function timeEach(runs: readonly (() => void)[]): Float64Array {
  return Float64Array.from(runs, (run) => {
    const startedAt = performance.now();
    run();
    return (performance.now() - startedAt) * 1e6;
  });
}
