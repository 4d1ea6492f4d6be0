import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { isStoreAddress } from "../../engine/store/storeAddress.ts";
import { askingWords } from "../askingOptions.ts";
import { checkEngine, engineWords } from "../engineOptions.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { isShippedTask } from "../loadTask.ts";
import { wholeNumber } from "../parseNumbers.ts";
import { UsageError } from "../usageError.ts";
import { type KubernetesOptions, kubernetesJob } from "./kubernetesJob.ts";
import { addSubmitOptions, predictedTask, type SubmitOptions } from "./submitOptions.ts";

const WHAT = "submit kubernetes";

interface CommandOptions extends SubmitOptions, Omit<KubernetesOptions, "limits"> {
  readonly limit?: Readonly<Record<string, string>>;
}

async function submit(task: string, options: CommandOptions): Promise<void> {
  const { shards, out, limit, vitrine = ["vitrine"] } = options;
  checkEngine(WHAT, options);
  checkPlaces(out, options.claim);
  const submission = {
    ...{ task, shards, out, kept: out, vitrine, folder: "/" },
    words: [...engineWords(options), ...askingWords(options)],
  };
  const { image, claim, secret, parallelism } = options;
  const job = kubernetesJob(submission, {
    image,
    ...(claim !== undefined && { claim }),
    ...(secret !== undefined && { secret }),
    ...(parallelism !== undefined && { parallelism }),
    ...(limit !== undefined && { limits: limit }),
  });
  await predictHere(task, options);
  if (!options.dryRun)
    throw new UsageError(
      `${WHAT}: expected --dry-run, as a Job is kubectl's to submit, got none. Write ... --dry-run | kubectl apply -f -`,
    );
  process.stdout.write(`${JSON.stringify(job, null, 2)}\n`);
}

/** Shards are in a store, or in a folder of a claim that is mounted there. @throws UsageError */
function checkPlaces(out: string, claim: string | undefined): void {
  if (isStoreAddress(out)) {
    if (claim === undefined) return;
    throw new UsageError(
      `${WHAT} --claim: expected none, as shards go to ${out}, got ${JSON.stringify(claim)}. Leave it out.`,
    );
  }
  if (!posix.isAbsolute(out) || out === "/")
    throw new UsageError(
      `${WHAT} --out: expected a path in the pod, as the claim is mounted there, or s3://bucket/prefix, got ${JSON.stringify(out)}. Write /runs/mine, say.`,
    );
  if (claim === undefined)
    throw new UsageError(
      `${WHAT}: expected --claim, a PersistentVolumeClaim to be mounted at ${out}, got none. Name one, or write --out s3://bucket/prefix.`,
    );
}

/** A task that only pods see is counted nowhere here. */
async function predictHere(name: string, options: CommandOptions): Promise<void> {
  const isHere = isShippedTask(name) || (await stat(name).catch(() => null)) !== null;
  if (!isHere) {
    process.stderr.write(`Prediction: none, as ${name} is not on this machine\n`);
    return;
  }
  await predictedTask(WHAT, name, options, interruptSignal());
}

/** `vitrine submit kubernetes`: the manifest of an Indexed Job. */
export function submitKubernetesCommand(): Command {
  const command = new Command("kubernetes").description(
    "Print the manifest of an Indexed Job: a pod for each shard.",
  );
  return addSubmitOptions(command)
    .requiredOption("--image <name>", "a container image that has vitrine")
    .option(
      "--claim <name>",
      "a PersistentVolumeClaim, mounted at <out> in every pod; none where <out> is s3://",
    )
    .option("--secret <name>", "a Secret whose entries are set as variables, such as AWS_REGION")
    .option("--parallelism <n>", "pods at the same time, at most (default: all)", wholeNumber(1))
    .option(
      "--limit <resource=n>",
      "of a pod, such as nvidia.com/gpu=1; may be given several times",
      resource,
    )
    .addHelpText(
      "after",
      `
Paths are those that pods see; all nodes have to write to the claim (ReadWriteMany). JSON is YAML, which kubectl reads.

Examples:
  vitrine submit kubernetes arithmetic --model tiny --shards 4 --out /runs/sums --image vitrine:0.1 --claim runs --dry-run | kubectl apply -f -
  vitrine submit kubernetes /runs/task.ts --model /runs/model --shards 8 --out /runs --image vitrine:0.1 --claim runs --limit nvidia.com/gpu=1 --dry-run
  vitrine submit kubernetes arithmetic --model tiny --shards 4 --out s3://bucket/sums --image vitrine:0.1 --secret store --dry-run`,
    )
    .action(submit);
}

function resource(text: string, before: Readonly<Record<string, string>> = {}) {
  const [, name, amount] = /^([a-z0-9][\w./-]*)=([\w.]+)$/i.exec(text) ?? [];
  if (name !== undefined && amount !== undefined) return { ...before, [name]: amount };
  throw new InvalidArgumentError("Expected a resource and an amount, for example memory=16Gi.");
}
