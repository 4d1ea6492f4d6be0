import type { OptionNames } from "../base/checkOptions.ts";
import { wrongOption } from "./evaluateErrors.ts";

/**
 * A token of a sample's sequence: a position, negative from the end; "prompt": the prompt's last; "answer": the first token that is no
 * thought.
 */
export type CapturePosition = number | "prompt" | "answer";

/** What is kept of each sample's forward passes. */
export interface CaptureOptions {
  /** Which experts every token was sent to, with their weights. */
  readonly routes?: boolean;
  /** What became of every draft; with `speculate`. */
  readonly drafts?: boolean;
  /** What each head's pattern does, as `run.headMetrics` measures it. */
  readonly headMetrics?: boolean;
  /** Sites to the tokens whose rows are kept: `{ "blocks.3.hook_resid_post": ["prompt", -1] }`. */
  readonly sites?: Readonly<Record<string, readonly CapturePosition[]>>;
  /** Samples whose runs are kept whole, as records in the folder's `runs`: true for all, or their ids. They share `bytes`. Needs `folder`. */
  readonly runs?: boolean | readonly string[];
  /** Bytes that all of it may take, 8 for a number, if every reply is as long as it may be; more is refused before anything runs. Default 256 MiB. */
  readonly bytes?: number;
}

export const CAPTURE_OPTIONS: OptionNames<CaptureOptions> = {
  routes: true,
  drafts: true,
  headMetrics: true,
  sites: true,
  runs: true,
  bytes: true,
};

export const CAPTURE_BYTES = 2 ** 28;

/** @throws InputError ERR_OPTION */
export function checkCapture({
  sites = {},
  bytes = CAPTURE_BYTES,
  runs = false,
  ...flags
}: CaptureOptions): void {
  for (const [name, flag] of Object.entries(flags))
    if (flag !== undefined && typeof flag !== "boolean")
      throw wrongOption(`evaluate capture ${name}`, {
        expected: "true or false",
        got: flag,
        fix: "Write one of them, or leave it out.",
      });
  const areIds = Array.isArray(runs) && runs.every((id) => typeof id === "string");
  if (typeof runs !== "boolean" && !areIds)
    throw wrongOption("evaluate capture runs", {
      expected: "true, or a list of ids of samples",
      got: runs,
      fix: 'Write true, or ["sum-1"].',
    });
  if (!(bytes > 0))
    throw wrongOption("evaluate capture bytes", {
      expected: "a number above 0",
      got: bytes,
      fix: "Write 2 ** 28, say.",
    });
  for (const [site, positions] of Object.entries(sites))
    if (!Array.isArray(positions) || positions.length === 0 || !positions.every(isPosition))
      throw wrongOption(`evaluate capture sites ${site}`, {
        expected: 'a list of positions, "prompt" and "answer"',
        got: positions,
        fix: 'Write ["prompt", -1].',
      });
}

function isPosition(position: unknown): boolean {
  return Number.isSafeInteger(position) || position === "prompt" || position === "answer";
}
