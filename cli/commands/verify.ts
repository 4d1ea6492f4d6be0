import { stat } from "node:fs/promises";
import { Command } from "commander";
import { AbortedError } from "../../engine/base/errors.ts";
import { isStoreAddress } from "../../engine/store/storeAddress.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { isEvaluation } from "../isEvaluation.ts";
import { loadTask } from "../loadTask.ts";
import { realNumber } from "../parseNumbers.ts";
import { progressBar } from "../progressBar.ts";
import { UsageError } from "../usageError.ts";
import { openNotebook } from "../writeup/openNotebook.ts";

interface VerifyFlags {
  readonly tolerance?: number;
  readonly task?: string;
}

/** `vitrine verify`: a notebook against what comes out when it runs again, or a record or an evaluation against its own hashes. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description(
      "Run a notebook again and say of each output whether it is the same; or hold a record of run.save, or the folder of an evaluation, against its hashes. Exit code 1 where something is not.",
    )
    .argument("<path>", "an .ipynb file, run and saved, or the folder of a record or an evaluation")
    .option(
      "--tolerance <share>",
      "largest relative difference of numbers in text (default: 0, the same characters and bytes)",
      realNumber(0, true, 1),
    )
    .option("--task <task>", "of an evaluation: the task, where it has metrics of its own")
    .addHelpText(
      "after",
      `
Cells with the tag "volatile", or metadata.vitrine.volatile, run and are not compared: what they show is a time, say. Of pictures, the
state is compared that the notebook keeps. docs/writeups.md says what counts. Of a record every file, table and tensor is held against
its hash and its form, without the model; of an evaluation every table is held against its hash and against what the logs come to, and
each record of a run in it. vitrine replay runs the model too.

Examples:
  vitrine verify look.ipynb
  vitrine verify look.ipynb --tolerance 1e-5
  vitrine verify runs/keys
  vitrine verify runs/sums --task ./task.ts`,
    )
    .action(verify);
}

async function verify(path: string, { tolerance, task }: VerifyFlags): Promise<void> {
  if (isStoreAddress(path))
    throw new UsageError(
      `verify: expected a notebook or the folder of a record on this machine, got ${path}. Copy it here first: aws s3 cp --recursive ${path} folder`,
    );
  if (await isFolder(path)) {
    if (tolerance !== undefined)
      throw new UsageError(
        `verify --tolerance: expected a notebook with it, got the folder ${path}. Leave it out: a record's bytes are the same or not.`,
      );
    if (await isEvaluation(path)) return verifyTables(path, task);
    refuseTask(path, task);
    return verifyFolder(path);
  }
  refuseTask(path, task);
  const signal = interruptSignal();
  const saved = await openNotebook("verify", path);
  const { verifyNotebook } = await import("../writeup/verifyNotebook.ts");
  const { verifyReport } = await import("../writeup/verifyReport.ts");
  const bar = progressBar();
  const options = { path, signal, tolerance: tolerance ?? 0, onProgress: bar.update };
  const verified = await verifyNotebook(saved, options).finally(bar.clear);
  if (signal.aborted) throw new AbortedError();
  process.stdout.write(`${verifyReport(path, verified, tolerance ?? 0)}\n`);
  const { failed } = verified;
  if (failed !== null)
    throw new Error(
      `verify: expected all cells of ${path} to run, got ${failed.cell} that failed. Correct it, or give it the tag "raises-exception".`,
    );
  const isSame = verified.findings.every(({ likeness }) => likeness.kind !== "different");
  if (!isSame) throw new Error(`verify: ${path} shows something else than it has`);
}

async function verifyFolder(path: string): Promise<void> {
  const { verifyRecord } = await import("../../engine/record/verifyRecord.node.ts");
  const { id, kind, files, bytes } = await verifyRecord(path);
  process.stdout.write(`${path}: whole. ${kind} ${id}, ${files} files, ${bytes} bytes\n`);
}

async function verifyTables(path: string, task: string | undefined): Promise<void> {
  const { verifyEvaluation } = await import("../../engine/evaluate/verifyEvaluation.node.ts");
  const { id, samples, files, bytes, runs } = await verifyEvaluation(
    path,
    task === undefined ? {} : { task: await loadTask("verify --task", task) },
  );
  const records = runs === 0 ? "" : `, ${runs} ${runs === 1 ? "record" : "records"} of runs`;
  process.stdout.write(
    `${path}: whole. evaluation ${id}, ${samples} replies, ${files} tables, ${bytes} bytes${records}\n`,
  );
}

/** @throws UsageError */
function refuseTask(path: string, task: string | undefined): void {
  if (task === undefined) return;
  throw new UsageError(
    `verify --task: expected the folder of an evaluation with it, got ${path}. Leave it out.`,
  );
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false, // opening it says what is wrong
  );
