import { randomBytes } from "node:crypto";
import { Command } from "commander";
import { AbortedError } from "../../engine/base/errors.ts";
import { isStoreAddress } from "../../engine/store/storeAddress.ts";
import { address } from "../engineOptions.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { realNumber, wholeNumber } from "../parseNumbers.ts";
import { followRay } from "./followRay.ts";
import { makeOutput } from "./makeOutput.ts";
import { type RayJobRequest, RayJobs } from "./rayJobs.ts";
import { shellWord } from "./shellWord.ts";
import { jobName, mergeLine, type Submission, workerLines } from "./submission.ts";
import {
  addSubmitOptions,
  predictedTask,
  type SubmitOptions,
  submissionHere,
} from "./submitOptions.ts";

const WHAT = "submit ray";
const POLL_MS = 1000;

interface CommandOptions extends SubmitOptions {
  readonly address: string;
  readonly cpus: number;
  readonly gpus: number;
  readonly retries: number;
  readonly detach?: boolean;
}

async function submit(name: string, options: CommandOptions): Promise<void> {
  const signal = interruptSignal();
  const submission = await submissionHere(WHAT, name, options);
  const task = await predictedTask(WHAT, name, options, signal);
  const requests = rayRequests(submission, options);
  if (options.dryRun) {
    process.stdout.write(`${JSON.stringify(requests, null, 2)}\n`);
    return;
  }
  const jobs = new RayJobs(options.address, process.env.RAY_AUTH_TOKEN, signal);
  if (!isStoreAddress(submission.out)) await makeOutput(WHAT, submission.out);
  await carryOut(jobs, requests, options, signal).catch((error: unknown) => {
    throw signal.aborted ? new AbortedError(undefined, { cause: error }) : error;
  });
  tell(
    `${options.detach ? "When they have ended" : "All shards are finished"}: ${mergeLine(submission, task.metrics !== undefined)}`,
  );
}

/** Submits jobs and tells which there are, also where not all of them could be; then waits for their ends. */
async function carryOut(
  jobs: RayJobs,
  requests: readonly RayJobRequest[],
  { detach, retries }: CommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const submitted: string[] = [];
  try {
    for (const request of requests) {
      await jobs.submit(request);
      submitted.push(request.submissionId);
    }
  } finally {
    if (submitted.length > 0) tell(`Submitted ${submitted.length} jobs: ${submitted.join(", ")}`);
  }
  if (!detach) await followRay(jobs, requests, { retries, pollMs: POLL_MS, tell, signal });
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A job for each shard. @param id tells this submission from every other */
export function rayRequests(
  submission: Submission,
  { cpus, gpus }: { readonly cpus: number; readonly gpus: number },
  id: string = randomBytes(4).toString("hex"),
): RayJobRequest[] {
  return Array.from({ length: submission.shards }, (_, i) => {
    const shard = String(i + 1);
    const command = workerLines(submission, shard).join(" ");
    return {
      submissionId: `${jobName(submission)}-${id}-${shard}`,
      entrypoint: `cd ${shellWord(submission.folder)} && exec ${command}`,
      cpus,
      gpus,
      metadata: { shard: `${shard}/${submission.shards}`, out: submission.out },
    };
  });
}

/** `vitrine submit ray`: a job for each shard, over Ray's HTTP interface. */
export function submitRayCommand(): Command {
  const command = new Command("ray").description(
    "Submit a job for each shard to Ray, and submit again what is lost.",
  );
  return addSubmitOptions(command)
    .requiredOption("--address <url>", "of Ray's dashboard: http://head:8265", address)
    .option("--cpus <n>", "of a worker (default: 1)", realNumber(0, true), 1)
    .option("--gpus <n>", "of a worker (default: 0)", realNumber(0, true), 0)
    .option(
      "--retries <n>",
      "how often a shard is submitted again that failed (default: 2)",
      wholeNumber(0),
      2,
    )
    .option("--detach", "do not wait for the end; then nothing is submitted again")
    .addHelpText(
      "after",
      `
Nodes see this machine's files at the same paths. A cluster that asks for a token finds it in RAY_AUTH_TOKEN.

Examples:
  vitrine submit ray arithmetic --address http://head:8265 --model tiny --shards 4 --out /shared/runs/sums
  vitrine submit ray ./task.ts --address http://head:8265 --model ./my-model --shards 8 --out /shared/runs/mine --gpus 1 --detach`,
    )
    .action(submit);
}
