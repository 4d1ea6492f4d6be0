import type { FileResult } from "./runTestFile.ts";
import { tellFailures } from "./runTestFiles.ts";

/** Set by every service that runs tests after a push: there, nothing may be left out. */
const isCi = (): boolean => !["", "0", "false", undefined].includes(process.env.CI);

/**
 * Failures once more, then what was not run and why, the time, and `N passed, N failed`.
 * @param cpuSeconds of all that was started; null where that is not known
 */
export function closingLines(
  results: readonly FileResult[],
  seconds: number,
  cpuSeconds: number | null = null,
): { readonly lines: readonly string[]; readonly isGreen: boolean } {
  const failing = results.filter(({ failures }) => failures.length > 0);
  const notRun = results.flatMap((result) => result.notRun);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const broken = failing.reduce((sum, { failures }) => sum + failures.length, 0);
  const failed = broken + (isCi() ? notRun.length : 0);
  const cpu = cpuSeconds === null ? "" : `, ${cpuSeconds.toFixed(0)} s of CPU time`;
  const lines = [
    ...(failing.length > 0
      ? ["", "What failed, again:", ...failing.flatMap(tellFailures), ""]
      : []),
    ...notRun.map(({ name, reason }) => `not run  ${name}: ${reason}`),
    ...(notRun.length > 0 && isCi() ? ["In CI, what is not run counts as failed."] : []),
    `test   ${results.length} files in ${seconds.toFixed(0)} s${cpu}`,
    `${passed} passed, ${failed} failed`,
  ];
  return { lines, isGreen: failed === 0 && passed > 0 };
}
