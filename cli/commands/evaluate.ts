import { Command, InvalidArgumentError } from "commander";
import type { EvaluateOptions, Evaluation } from "../../engine/index.node.ts";
import { isStoreAddress } from "../../engine/store/storeAddress.ts";
import { type AskingOptions, addAskingOptions, UNEDITED } from "../askingOptions.ts";
import { addEngineOptions, checkEngine, type EngineOptions, openRemote } from "../engineOptions.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { loadTask } from "../loadTask.ts";
import { withModel } from "../modelOptions.ts";
import { realNumber } from "../parseNumbers.ts";
import { progressBar } from "../progressBar.ts";
import { UsageError } from "../usageError.ts";

interface CommandOptions extends EngineOptions, AskingOptions {
  readonly out?: string;
  readonly scratch?: string;
  readonly storePatience?: number;
  readonly shard?: { readonly shard: number; readonly shards: number };
  readonly json?: boolean;
}

const STORE_PATIENCE = [
  "--store-patience <seconds>",
  "with s3://: how long a store that is busy or away is asked again (default: 600)",
  realNumber(0, true),
] as const;

const PASSED_ON = ["seed", "epochs", "passAt", "maxTokens", "temperature", "atOnce"] as const;

async function evaluateTask(name: string, options: CommandOptions): Promise<void> {
  checkEngine("evaluate", options);
  const signal = interruptSignal();
  const task = await loadTask("evaluate", name);
  const { evaluate } = await import("../../engine/index.node.ts");
  const asked = { ...(await evaluateOptions(options)), signal };
  const ask = async (model: Parameters<typeof evaluate>[0]): Promise<void> => {
    const bar = progressBar();
    const evaluation = await evaluate(model, task, { ...asked, onProgress: bar.update }).finally(
      bar.clear,
    );
    print(evaluation, options.json ?? false);
  };
  const { model } = options;
  if (model === undefined) await ask(await openRemote(options));
  else await withModel({ ...options, model }, signal, ask);
}

async function evaluateOptions(options: CommandOptions): Promise<EvaluateOptions> {
  const { out, scratch, storePatience, shard, thinking, edits, remotePatience } = options;
  if (shard !== undefined && out === undefined)
    throw new UsageError(
      "evaluate --shard: expected --out beside it, got none. Name a folder for this shard.",
    );
  const isStored = out !== undefined && isStoreAddress(out);
  for (const [option, value] of Object.entries({
    "--scratch": scratch,
    "--store-patience": storePatience,
  }))
    if (value !== undefined && !isStored)
      throw new UsageError(
        `evaluate ${option}: expected --out s3://bucket/prefix beside it, got ${out === undefined ? "none" : JSON.stringify(out)}. Leave it out.`,
      );
  const { readEdits } = await import("../../engine/act/readEdits.node.ts");
  const arms = await Promise.all(
    Object.entries(edits ?? {}).map(async ([arm, file]) => [arm, await readEdits(file)] as const),
  );
  const given = PASSED_ON.filter((option) => options[option] !== undefined);
  return {
    ...Object.fromEntries(given.map((option) => [option, options[option]])),
    ...(out !== undefined && { folder: out }),
    ...(scratch !== undefined && { scratch }),
    ...(storePatience !== undefined && { storePatienceMs: 1000 * storePatience }),
    ...(shard !== undefined && shard),
    ...(thinking !== undefined && { thinking }),
    ...(remotePatience !== undefined && { patienceMs: 1000 * remotePatience }),
    ...(arms.length > 0 && { edits: { [UNEDITED]: [], ...Object.fromEntries(arms) } }),
  };
}

interface MergeFlags {
  readonly out?: string;
  readonly task?: string;
  readonly json?: boolean;
  readonly storePatience?: number;
}

async function merge(
  folders: readonly string[],
  { out, task, json, storePatience }: MergeFlags,
): Promise<void> {
  const { mergeEvaluations } = await import("../../engine/index.node.ts");
  const evaluation = await mergeEvaluations(folders, {
    ...(out !== undefined && { folder: out }),
    ...(storePatience !== undefined && { storePatienceMs: 1000 * storePatience }),
    ...(task !== undefined && { task: await loadTask("merge --task", task) }),
  });
  print(evaluation, json ?? false);
}

function print(evaluation: Evaluation, isJson: boolean): void {
  const { about, metrics, intervals } = evaluation;
  const text = isJson ? JSON.stringify({ about, metrics, intervals }, null, 2) : `${evaluation}`;
  process.stdout.write(`${text}\n`);
}

/** `vitrine evaluate`: a task on a model, in one go or in shards. */
export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("Ask a model every sample of a task and judge its replies.")
    .argument(
      "<task>",
      "arithmetic, recall, cloze, a file of TypeScript that exports a task, or a YAML file of lm-evaluation-harness",
    );
  addEngineOptions(command)
    .option(
      "--out <folder>",
      "keep samples there as they come; called again, it goes on from there. Also s3://bucket/prefix",
    )
    .option(
      "--scratch <folder>",
      "with s3://: work in this folder (default: one in ~/.cache/vitrine/evaluations)",
    )
    .option(...STORE_PATIENCE)
    .option(
      "--shard <i/n>",
      "the i-th of n parts, from 1; vitrine merge joins their folders",
      shardOf,
    );
  return addAskingOptions(command)
    .option("--json", "print metrics and intervals as one JSON object")
    .addHelpText(
      "after",
      `
A folder holds manifest.json, what is finished in log/, and at the end samples.parquet, samples.csv and results.json, the same bytes however
often it was interrupted. Times are in timings/ alone. What a server replies may differ from one time to the next.

s3://bucket/prefix is an object store with Amazon S3's interface. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and,
for another store than Amazon's, AWS_ENDPOINT_URL_S3 say how it is reached. Whoever is started on the same address goes on from what is there.

Examples:
  vitrine evaluate arithmetic --model tiny --thinking 0,16,free
  vitrine evaluate ./task.ts --model ./my-model --epochs 8 --temperature 0.7 --pass-at 1,8 --out runs/mine
  vitrine evaluate ./task.ts --model ./my-model --shard 2/4 --out runs/mine-2
  vitrine evaluate ./task.ts --model ./my-model --shard 2/4 --out s3://bucket/mine/shards/2
  vitrine evaluate ./task.ts --remote http://127.0.0.1:8000/v1 --remote-model qwen3-8b --out runs/served`,
    )
    .action(evaluateTask);
}

/** `vitrine merge`: the shards of one evaluation as a whole. */
export function mergeCommand(): Command {
  return new Command("merge")
    .description(
      "Join the shards of one evaluation: the result is that of one machine, bit for bit.",
    )
    .argument(
      "<folders...>",
      "folders that vitrine evaluate wrote, one for each shard; s3://bucket/prefix/* is all that is there",
    )
    .option("--out <folder>", "write the whole there; also s3://bucket/prefix")
    .option(...STORE_PATIENCE)
    .option("--task <task>", "the task, where it has metrics of its own")
    .option("--json", "print metrics and intervals as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  vitrine merge runs/mine-1 runs/mine-2 runs/mine-3 runs/mine-4 --out runs/mine
  vitrine merge "s3://bucket/mine/shards/*" --out s3://bucket/mine
  vitrine merge runs/mine --json`,
    )
    .action(merge);
}

function shardOf(text: string): CommandOptions["shard"] {
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [shard, shards] = [Number(i) - 1, Number(n)];
  if (shard >= 0 && shard < shards) return { shard, shards };
  throw new InvalidArgumentError("Expected the number of a shard and of all, for example 2/4.");
}
