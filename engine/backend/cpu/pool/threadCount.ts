import { BackendError, InputError } from "../../../base/errors.ts";
import { physicalCores } from "./physicalCores.ts";
import { whyNotShared } from "./startThread.ts";

/** How many threads a backend takes, and what there is to say about it. */
export interface ThreadCount {
  readonly threads: number;
  /** Why there is one, where that is no choice; else null. */
  readonly reason: string | null;
}

const MOST_THREADS = 256;

/**
 * The option `threads`, else VITRINE_THREADS, else as many as there are physical cores.
 * @throws InputError ERR_OPTION; BackendError ERR_THREADS where more than one is asked for and memory cannot be shared
 */
export function threadCount(option: number | undefined): ThreadCount {
  const variable = globalThis.process?.env?.VITRINE_THREADS || undefined;
  const asked = option ?? (variable === undefined ? undefined : Number(variable));
  const name = option === undefined ? "VITRINE_THREADS" : "threads";
  if (asked !== undefined && !isThreadCount(asked))
    throw new InputError(
      "ERR_OPTION",
      `${name}: expected a whole number from 1 to ${MOST_THREADS}, got ${JSON.stringify(option ?? variable)}. Leave it out for one thread a physical core.`,
    );
  const reason = whyNotShared();
  if (reason === null) return { threads: asked ?? physicalCores(), reason };
  if (asked !== undefined && asked > 1)
    throw new BackendError(
      "ERR_THREADS",
      `${name}: expected memory that threads can share, got none: ${reason}. Send the headers COOP and COEP with the page, or use threads: 1.`,
    );
  return { threads: 1, reason };
}

function isThreadCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_THREADS;
}
