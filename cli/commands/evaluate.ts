import { Command, InvalidArgumentError } from "commander";
import type { EvaluateOptions, Evaluation } from "../../engine/index.node.ts";
import { type AskingOptions, addAskingOptions, UNEDITED } from "../askingOptions.ts";
import { addEngineOptions, checkEngine, type EngineOptions, openRemote } from "../engineOptions.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { loadTask } from "../loadTask.ts";
import { withModel } from "../modelOptions.ts";
import { progressBar } from "../progressBar.ts";
import { UsageError } from "../usageError.ts";

interface CommandOptions extends EngineOptions, AskingOptions {
  readonly out?: string;
  readonly shard?: { readonly shard: number; readonly shards: number };
  readonly json?: boolean;
}

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
  const { out, shard, thinking, edits, remotePatience } = options;
  if (shard !== undefined && out === undefined)
    throw new UsageError(
      "evaluate --shard: expected --out beside it, got none. Name a folder for this shard.",
    );
  const { readEdits } = await import("../../engine/act/readEdits.node.ts");
  const arms = await Promise.all(
    Object.entries(edits ?? {}).map(async ([arm, file]) => [arm, await readEdits(file)] as const),
  );
  const given = PASSED_ON.filter((option) => options[option] !== undefined);
  return {
    ...Object.fromEntries(given.map((option) => [option, options[option]])),
    ...(out !== undefined && { folder: out }),
    ...(shard !== undefined && shard),
    ...(thinking !== undefined && { thinking }),
    ...(remotePatience !== undefined && { patienceMs: 1000 * remotePatience }),
    ...(arms.length > 0 && { edits: { [UNEDITED]: [], ...Object.fromEntries(arms) } }),
  };
}

async function merge(
  folders: readonly string[],
  { out, task, json }: { readonly out?: string; readonly task?: string; readonly json?: boolean },
): Promise<void> {
  const { mergeEvaluations } = await import("../../engine/index.node.ts");
  const evaluation = await mergeEvaluations(folders, {
    ...(out !== undefined && { folder: out }),
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
    .argument("<task>", "arithmetic, recall, cloze, or a file of TypeScript that exports a task");
  addEngineOptions(command)
    .option(
      "--out <folder>",
      "keep samples there as they come; called again, it goes on from there",
    )
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

Examples:
  vitrine evaluate arithmetic --model tiny --thinking 0,16,free
  vitrine evaluate ./task.ts --model ./my-model --epochs 8 --temperature 0.7 --pass-at 1,8 --out runs/mine
  vitrine evaluate ./task.ts --model ./my-model --shard 2/4 --out runs/mine-2
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
    .argument("<folders...>", "folders that vitrine evaluate wrote, one for each shard")
    .option("--out <folder>", "write the whole there")
    .option("--task <task>", "the task, where it has metrics of its own")
    .option("--json", "print metrics and intervals as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  vitrine merge runs/mine-1 runs/mine-2 runs/mine-3 runs/mine-4 --out runs/mine
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
