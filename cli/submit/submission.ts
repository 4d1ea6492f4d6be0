import { isStoreAddress } from "../../engine/store/storeAddress.ts";
import { shellWord } from "./shellWord.ts";

/** An evaluation in shards, as workers are told of it. */
export interface Submission {
  /** A name that is shipped, or the file as workers see it. */
  readonly task: string;
  readonly shards: number;
  /** The folder that all workers see, absolute, or the address of a store. */
  readonly out: string;
  /** The folder for what is submitted and what workers print, absolute. */
  readonly kept: string;
  /** Where workers begin: what is relative on the command line is relative to it. */
  readonly folder: string;
  /** The words that start `vitrine`. */
  readonly vitrine: readonly string[];
  /** What `vitrine evaluate` is told beside the task and the shard. */
  readonly words: readonly string[];
}

/** Where a shard is kept. @param shard from 1, as text of a shell */
function shardFolder({ out }: Submission, shard: string): string {
  return `${shellWord(`${out}/shards`)}/${shard}`;
}

/**
 * The worker's command line in lines of a shell: the command, and then an option with its value in each.
 * @param shard its number, from 1, as text of a shell: "3", or a variable in quotes
 */
export function workerLines(submission: Submission, shard: string): string[] {
  const { vitrine, task, words, shards } = submission;
  return [
    vitrine.map(shellWord).join(" "),
    `evaluate ${shellWord(task)}`,
    ...optionLines(words),
    `--shard ${shard}/${shards}`,
    `--out ${shardFolder(submission, shard)}`,
  ];
}

/** The line that joins the shards. */
export function mergeLine({ out, task }: Submission, needsTask: boolean): string {
  const shards = isStoreAddress(out)
    ? shellWord(`${out}/shards/*`)
    : `${shellWord(`${out}/shards`)}/*`;
  const words = ["vitrine", "merge", shards, "--out", shellWord(out)];
  return [...words, ...(needsTask ? ["--task", shellWord(task)] : [])].join(" ");
}

/** What clusters show of it: letters, digits, - and . of the task's name. */
export function jobName({ task }: Pick<Submission, "task">): string {
  const name = task
    .replace(/^.*[\\/]/, "")
    .replace(/\.[cm]?[jt]s$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `vitrine-${name || "task"}`;
}

/** Options of commander take one value each. */
function optionLines(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += 2)
    lines.push(`${words[i]} ${shellWord(words[i + 1] ?? "")}`);
  return lines;
}
