import { UsageError } from "../usageError.ts";
import { jobName, type Submission, workerLines } from "./submission.ts";

/** What Slurm is told of the tasks. */
export interface SlurmOptions {
  readonly partition?: string;
  readonly time?: string;
  /** At most so many at the same time. */
  readonly arrayLimit?: number;
  /** Further options of sbatch, as sbatch has them: "--gres=gpu:1". */
  readonly sbatch?: readonly string[];
}

/** Options that the script has of itself. */
const OWN = ["job-name", "array", "ntasks", "requeue", "open-mode", "chdir", "output"];

/**
 * A script for sbatch: an array of tasks, one for each shard. A task whose node is lost is queued again, and goes on from what its shard's
 * folder or store holds.
 * @throws UsageError for what no line of #SBATCH can say
 */
export function slurmScript(submission: Submission, options: SlurmOptions): string {
  const { shards, folder, kept } = submission;
  const { partition, time, arrayLimit, sbatch = [] } = options;
  const limit = arrayLimit === undefined ? "" : `%${arrayLimit}`;
  const directives = [
    `--job-name=${jobName(submission)}`,
    `--array=1-${shards}${limit}`,
    "--ntasks=1",
    "--requeue",
    "--open-mode=append",
    `--chdir=${directivePath(folder)}`,
    `--output=${directivePath(`${kept.replaceAll("%", "%%")}/slurm/%a.log`)}`,
    ...(partition === undefined ? [] : [`--partition=${checked("--partition", partition)}`]),
    ...(time === undefined ? [] : [`--time=${checked("--time", time)}`]),
    ...sbatch.map(furtherOption),
  ];
  return [
    "#!/bin/bash",
    ...directives.map((directive) => `#SBATCH ${directive}`),
    "",
    `# Written by vitrine submit slurm: a task for each of ${shards} shards. One whose node is lost is queued again,`,
    "# and goes on from what its shard's folder holds.",
    "set -euo pipefail",
    "shard=$SLURM_ARRAY_TASK_ID",
    `exec ${workerLines(submission, '"$shard"').join(" \\\n  ")}`,
    "",
  ].join("\n");
}

/** sbatch reads quotes, and nothing that escapes one. */
function directivePath(path: string): string {
  if (!/["'\\\n\r#]/.test(path)) return /\s/.test(path) ? `"${path}"` : path;
  throw new UsageError(
    `submit slurm: expected a path without quotes, \\, # and line breaks, as sbatch reads it from a comment, got ${JSON.stringify(path)}. Choose another folder.`,
  );
}

function furtherOption(option: string): string {
  const name = /^--([a-z][a-z-]*)(=[^\n\r]*)?$/.exec(option)?.[1];
  if (name !== undefined && !OWN.includes(name)) return option;
  throw new UsageError(
    `submit slurm --sbatch: expected an option of sbatch such as --gres=gpu:1, other than ${OWN.map((own) => `--${own}`).join(", ")}, got ${JSON.stringify(option)}. Correct it, or leave it out.`,
  );
}

function checked(name: string, value: string): string {
  if (/^[^\s"'\\#]+$/.test(value)) return value;
  throw new UsageError(
    `submit slurm ${name}: expected a word, got ${JSON.stringify(value)}. Correct it.`,
  );
}
