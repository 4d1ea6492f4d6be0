import { Command } from "commander";
import { interruptSignal } from "../interruptSignal.ts";
import { wholeNumber } from "../parseNumbers.ts";
import { submitToSlurm } from "./sbatch.ts";
import { type SlurmOptions, slurmScript } from "./slurmScript.ts";
import { mergeLine } from "./submission.ts";
import {
  addSubmitOptions,
  predictedTask,
  type SubmitOptions,
  submissionHere,
} from "./submitOptions.ts";

const WHAT = "submit slurm";

async function submit(name: string, options: SubmitOptions & SlurmOptions): Promise<void> {
  const submission = await submissionHere(WHAT, name, options);
  const script = slurmScript(submission, options);
  const task = await predictedTask(WHAT, name, options, interruptSignal());
  if (options.dryRun) {
    process.stdout.write(script);
    return;
  }
  const id = await submitToSlurm(script, submission.kept);
  const lines = [
    `Submitted job ${id}: squeue --job ${id}`,
    `When it has ended: ${mergeLine(submission, task.metrics !== undefined)}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** `vitrine submit slurm`: an array job, a task for each shard. */
export function submitSlurmCommand(): Command {
  const command = new Command("slurm").description(
    "Submit an array job to Slurm: a task for each shard, queued again where its node is lost.",
  );
  return addSubmitOptions(command)
    .option("--partition <name>", "where to queue")
    .option("--time <limit>", "of a task, as sbatch has it: 01:30:00")
    .option("--array-limit <n>", "tasks at the same time, at most (default: all)", wholeNumber(1))
    .option(
      "--sbatch <option>",
      "a further option of sbatch, such as --gres=gpu:1; may be given several times",
      (option: string, before: readonly string[] = []) => [...before, option],
    )
    .addHelpText(
      "after",
      `
The script and what the tasks print are kept in <out>/slurm; where <out> is s3://, in vitrine-<task>/slurm here. Nodes see this machine's files at the same paths. A task that met its time limit goes
on when the same line is submitted again.

Examples:
  vitrine submit slurm ./task.ts --model ./my-model --shards 16 --out runs/mine --partition gpu --sbatch --gres=gpu:1
  vitrine submit slurm arithmetic --model tiny --shards 4 --out runs/sums --dry-run > job.sh`,
    )
    .action(submit);
}
