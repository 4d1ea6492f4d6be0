import type { Run } from "../look/run.ts";
import { CAPTURE_BYTES, type CaptureOptions } from "./captureOptions.ts";
import type { Capturing } from "./captures.ts";
import { wrongOption } from "./evaluateErrors.ts";
import type { WorkItem } from "./workItems.ts";

/** Which runs are kept, and what each may take. */
export interface KeptRuns {
  readonly isKept: (item: WorkItem) => boolean;
  readonly nameOf: (item: WorkItem) => string;
  /** Of each record. */
  readonly bytes: number;
}

/** Writes a run as a record of that name, where none is. */
export type KeepRun = (run: Run, name: string, bytes: number) => Promise<void>;

/** A record's name: the place of its arm among all, of its sample in the task, and its epoch. */
export function runName(arm: number, { index }: { readonly index: number }, epoch: number): string {
  return `arm${arm}-sample${index}-epoch${epoch}`;
}

/**
 * Null where none is kept.
 * @param ids of all samples of the task
 * @throws InputError ERR_OPTION
 */
export function keptRuns(
  { runs = false, bytes = CAPTURE_BYTES }: CaptureOptions,
  items: readonly WorkItem[],
  ids: ReadonlySet<string>,
  hasFolder: boolean,
): KeptRuns | null {
  const chosen = runs === true ? ids : new Set(runs === false ? [] : runs);
  if (chosen.size === 0) return null;
  const unknown = [...chosen].find((id) => !ids.has(id));
  if (unknown !== undefined)
    throw wrongOption("evaluate capture runs", {
      expected: `ids of the task's samples, such as ${JSON.stringify([...ids].slice(0, 3))}`,
      got: unknown,
      fix: "Name samples of the task.",
    });
  if (!hasFolder)
    throw wrongOption("evaluate capture runs", {
      expected: "a folder beside it, since runs are kept on disk",
      got: undefined,
      fix: 'Write { folder: "runs/mine", capture: { runs: true } }.',
    });
  const isKept = ({ sample }: WorkItem) => chosen.has(sample.id);
  const arms = [...new Set(items.map(({ arm }) => arm))];
  return {
    isKept,
    nameOf: ({ arm, sample, epoch }) => runName(arms.indexOf(arm), sample, epoch),
    bytes: Math.floor(bytes / Math.max(1, items.filter(isKept).length)),
  };
}

/** What is captured of a run, with the run itself. */
export function withRuns(capturing: Capturing, kept: KeptRuns | null, keep: KeepRun): Capturing {
  if (kept === null) return capturing;
  return {
    ...capturing,
    of: async (run, item) => {
      if (kept.isKept(item)) await keep(run, kept.nameOf(item), kept.bytes);
      return capturing.of(run, item);
    },
  };
}
