import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { checkFolder } from "../../engine/evaluate/checkFolder.ts";
import type { Task } from "../../engine/index.node.ts";
import { PRICES, type PricedModel } from "../../engine/price/prices.ts";
import { isStoreAddress } from "../../engine/store/storeAddress.ts";
import { packageRoot } from "../../engine/weights/packageRoot.node.ts";
import { type AskingOptions, addAskingOptions, askingWords } from "../askingOptions.ts";
import { deviceFor } from "../deviceFor.ts";
import {
  addEngineOptions,
  checkEngine,
  type EngineOptions,
  engineWords,
} from "../engineOptions.ts";
import { loadTask } from "../loadTask.ts";
import { realNumber, wholeNumber } from "../parseNumbers.ts";
import { UsageError } from "../usageError.ts";
import { shellWords } from "./shellWords.ts";
import { jobName, type Submission } from "./submission.ts";

/** What every cluster is told. */
export interface SubmitOptions extends EngineOptions, AskingOptions {
  readonly shards: number;
  readonly out: string;
  readonly vitrine?: readonly string[];
  readonly device?: string;
  readonly usdPerHour?: number;
  readonly price?: PricedModel;
  readonly dryRun?: boolean;
}

/** Adds what all clusters have in common. */
export function addSubmitOptions(command: Command): Command {
  command.argument(
    "<task>",
    "arithmetic, recall, cloze, or a file of TypeScript that exports a task",
  );
  addEngineOptions(command)
    .requiredOption("--shards <n>", "into how many parts, a worker each", wholeNumber(1))
    .requiredOption(
      "--out <folder>",
      "a folder that all workers see, or s3://bucket/prefix",
      folder,
    );
  return addAskingOptions(command)
    .option(
      "--vitrine <words>",
      "what starts vitrine on a worker, in quotes as a shell has them",
      shellWords,
    )
    .option("--device <name>", "predict the time on it: here, h100, ...")
    .option("--usd-per-hour <x>", "rent of a worker's device, to predict", realNumber(0, true))
    .addOption(
      new Option("--price <list>", "predict what a server bills by it").choices(
        Object.keys(PRICES),
      ),
    )
    .option("--dry-run", "print what would be submitted, and submit nothing");
}

/**
 * An evaluation for workers that see the files of this machine at the same paths.
 * @throws UsageError; InputError ERR_OPTION
 */
export async function submissionHere(
  what: string,
  task: string,
  options: SubmitOptions,
): Promise<Submission> {
  checkEngine(what, options);
  const isFile = await stat(task).then(
    (found) => found.isFile(),
    () => false,
  );
  return {
    task: isFile ? resolve(task) : task,
    shards: options.shards,
    ...placesHere(task, options.out),
    folder: process.cwd(),
    vitrine: options.vitrine ?? [process.execPath, join(packageRoot(), "bin", "vitrine.mjs")],
    words: [...engineWords(options), ...askingWords(options)],
  };
}

/** A store has shards alone: what is submitted and printed is kept where it is submitted. */
function placesHere(task: string, out: string): Pick<Submission, "out" | "kept"> {
  if (!isStoreAddress(out)) return { out: resolve(out), kept: resolve(out) };
  return { out, kept: resolve(jobName({ task })) };
}

/**
 * The task, once it is known to have a sample for each shard and what it will take has been told on stderr.
 * @throws UsageError; as `loadTask` and `predict`
 */
export async function predictedTask(
  what: string,
  name: string,
  options: SubmitOptions,
  signal: AbortSignal,
): Promise<Task> {
  const task = await loadTask(what, name);
  checkShards(what, task, options.shards);
  await tellPrediction(what, task, options, signal);
  return task;
}

/** A shard without a sample would be a worker without work. @throws UsageError */
function checkShards(what: string, { samples }: Task, shards: number): void {
  if (shards <= samples.length) return;
  throw new UsageError(
    `${what} --shards: expected at most the ${samples.length} samples of the task, got ${shards}. Lower it.`,
  );
}

/** Tells on stderr what the evaluation will take, so that stdout is the script. @throws as `predict` */
async function tellPrediction(
  what: string,
  task: Task,
  options: SubmitOptions,
  signal: AbortSignal,
): Promise<void> {
  const { price, usdPerHour, model = null } = options;
  const device = await deviceFor(what, options.device);
  // The costs of a plan and d3's formats, which nothing else of the command line needs.
  const { predict } = await import("./predict.ts");
  const { predictionReport } = await import("./predictionReport.ts");
  const prediction = await predict(task, { ...options, model, device, signal });
  const report = predictionReport(prediction, {
    ...(price !== undefined && { price: PRICES[price] }),
    ...(usdPerHour !== undefined && { usdPerHour }),
  });
  process.stderr.write(report);
}

function folder(text: string): string {
  try {
    checkFolder("--out", text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return text.length > 1 ? text.replace(/\/+$/, "") : text;
}
