import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";

/** What a probe is fitted to, how, and how it is tested. */
export interface ProbeOptions {
  /**
   * Rows of each run: "all", or positions, negative ones from the end; a list of lists has those of each run. Default: the last token.
   */
  readonly positions?: "all" | readonly number[] | readonly (readonly number[])[];
  /** Of a site with heads: the one to read. Default: all of them side by side. */
  readonly head?: number;
  /** Default "logistic": a logistic regression. meanDifference: the difference of the two classes' means. */
  readonly method?: "logistic" | "meanDifference";
  /** Half of it times the square of the weights is added to the sum of the losses, columns having the deviation 1; default 1. */
  readonly l2?: number;
  /** Share of the runs that is not fitted to; default 0.25. */
  readonly heldOut?: number;
  /** Of the draw of held-out runs; default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

const PROBE_OPTIONS: OptionNames<ProbeOptions> = {
  positions: true,
  head: true,
  method: true,
  l2: true,
  heldOut: true,
  seed: true,
  signal: true,
  onProgress: true,
};

const NUMBERS = {
  l2: ["a number above 0", (x: number) => x > 0],
  heldOut: ["a share between 0 and 1", (x: number) => x > 0 && x < 1],
  seed: ["a whole number from 0", (x: number) => Number.isSafeInteger(x) && x >= 0],
  head: ["the number of a head, from 0", (x: number) => Number.isSafeInteger(x) && x >= 0],
} as const satisfies Readonly<Record<string, readonly [string, (x: number) => boolean]>>;

/** @throws InputError ERR_OPTION */
export function checkProbeOptions(options: ProbeOptions): void {
  checkOptions("probe", options, PROBE_OPTIONS);
  checkSignals("probe", options);
  const { method = "logistic" } = options;
  if (method !== "logistic" && method !== "meanDifference")
    throw probeError(
      '"logistic" or "meanDifference" as method',
      JSON.stringify(method),
      "Write one.",
    );
  for (const [name, [contract, holds]] of Object.entries(NUMBERS)) {
    const value = options[name as keyof typeof NUMBERS];
    if (value !== undefined && !(Number.isFinite(value) && holds(value)))
      throw probeError(`${contract} as ${name}`, String(value), "Correct the option.");
  }
}

/** `probe: expected <contract>, got <value>. <fix>` */
export function probeError(expected: string, got: string, fix: string): InputError {
  return new InputError("ERR_OPTION", `probe: expected ${expected}, got ${got}. ${fix}`);
}
