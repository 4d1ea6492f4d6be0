import type { Arm } from "./arms.ts";
import type { EvaluationSettings } from "./evaluateOptions.ts";
import type { PreparedSample } from "./preparedTask.ts";

/** One sample in one epoch of one arm. */
export interface WorkItem {
  readonly arm: Arm;
  readonly sample: PreparedSample;
  readonly epoch: number;
}

/** What tells a piece of work from every other one of the same evaluation. */
export function workKey(
  { edits, thinking }: Pick<Arm, "edits" | "thinking">,
  sample: string,
  epoch: number,
): string {
  return JSON.stringify([edits, thinking, sample, epoch]);
}

/** All of a shard's work, in the order that results have it in: arms, samples, epochs. */
export function workItems(
  arms: readonly Arm[],
  samples: readonly PreparedSample[],
  { epochs, shards, shard }: Pick<EvaluationSettings, "epochs" | "shards" | "shard">,
): WorkItem[] {
  const own = samples.filter(({ index }) => index % shards === shard);
  return arms.flatMap((arm) =>
    own.flatMap((sample) => Array.from({ length: epochs }, (_, epoch) => ({ arm, sample, epoch }))),
  );
}

/** Pieces of work that are done together: neighbours of one arm, at most so many. */
export function workGroups(items: readonly WorkItem[], most: number): WorkItem[][] {
  const groups: WorkItem[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last !== undefined && last.length < most && last[0]?.arm === item.arm) last.push(item);
    else groups.push([item]);
  }
  return groups;
}
