import type { Run } from "../look/run.ts";
import { CAPTURE_BYTES, type CaptureOptions } from "./captureOptions.ts";
import type { Capturing } from "./captures.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import { wrongOption } from "./evaluateErrors.ts";
import { promptIds } from "./promptIds.ts";
import type { ReplyOptions } from "./replyOptions.ts";
import type { WorkItem } from "./workItems.ts";

/** Which runs are kept, and what each may take. */
export interface KeptRuns {
  readonly isKept: (item: WorkItem) => boolean;
  readonly nameOf: (item: WorkItem) => string;
  /** Of each record. */
  readonly bytes: number;
}

interface PlannedRuns {
  readonly items: readonly WorkItem[];
  readonly replies: ReplyOptions;
  readonly capturing: Capturing;
  readonly keptRuns: KeptRuns | null;
}

/** Writes a run as a record of that name, where none is; of one that does not fit why it was left out. */
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

/**
 * Refuses runs that would not fit if every sequence were as long as it may be: of the longest what `run.save` cannot leave out. What edits and
 * drafts add is not counted.
 * @throws InputError ERR_OPTION
 */
export function checkRunBytes(
  model: EvaluatedModel,
  { items, replies, capturing, keptRuns }: PlannedRuns,
): void {
  if (keptRuns === null) return;
  const kept = items.filter(keptRuns.isKept);
  const { maxTokens = model.generationDefaults.maxTokens, chunkSize } = replies.together;
  const sequences = kept.flatMap(({ sample }) => promptIds(model, sample, replies));
  const [longest] = sequences.toSorted((a, b) => b.length - a.length);
  if (longest === undefined) return;
  const isGenerated = kept[0]?.sample.choices === null;
  const { totalBytes } = model.estimate(longest, {
    ...capturing.keeping,
    ...(isGenerated && { maxTokens }),
    ...(chunkSize !== undefined && { chunkSize }),
  });
  if (totalBytes <= keptRuns.bytes) return;
  throw wrongOption("evaluate capture runs", {
    expected: `at most ${keptRuns.bytes} bytes for each of ${kept.length} runs, which share capture.bytes`,
    got: totalBytes,
    fix: `Write bytes: ${totalBytes * kept.length}, name fewer samples, or lower maxTokens.`,
  });
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
