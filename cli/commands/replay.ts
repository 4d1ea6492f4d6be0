import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { RecordError } from "../../engine/base/errors.ts";
import type { EvaluationManifest } from "../../engine/evaluate/manifest.ts";
import type { EvaluationReplay, Replay } from "../../engine/index.node.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { isEvaluation } from "../isEvaluation.ts";
import { loadTask, shippedTask } from "../loadTask.ts";
import { ARITHMETICS, BACKENDS, type ModelOptions, withModel } from "../modelOptions.ts";
import { wholeNumber } from "../parseNumbers.ts";
import { progressBar } from "../progressBar.ts";
import { UsageError } from "../usageError.ts";

interface ReplayOptions extends Partial<ModelOptions> {
  readonly task?: string;
}

/** What became of it, in a sentence; what may be why behind it. */
function sentence({ difference, compared, notes }: Replay): string {
  if (difference === null) return `the same bits in ${compared} tensors`;
  const { site, token, index, recorded, replayed } = difference;
  const place = site === "tokens" ? "" : `, number ${index} of its row`;
  const why = notes.length > 0 ? ` ${notes.join("; ")}.` : "";
  return `expected the record's bits, got another number first in ${site}, token ${token}${place}: ${recorded} in the record, ${replayed} now. ${compared} tensors before it are the same.${why}`;
}

async function replay(folder: string, { task, ...options }: ReplayOptions): Promise<void> {
  if (await isEvaluation(folder)) return replaySamples(folder, task, options);
  if (task !== undefined)
    throw new UsageError(
      `replay --task: expected the folder of an evaluation with it, got ${folder}. Leave it out.`,
    );
  const { readRunRecord } = await import("../../engine/record/readRunRecord.node.ts");
  const { replayRecord } = await import("../../engine/record/replayRecord.node.ts");
  const signal = interruptSignal();
  const { content, location } = await readRunRecord(folder);
  const { model, backend } = content;
  const chosen = {
    model: existsSync(location) ? location : model.name,
    backend: backend.name as ModelOptions["backend"],
    ...(backend.arithmetic !== "exact" && {
      arithmetic: backend.arithmetic as NonNullable<ModelOptions["arithmetic"]>,
    }),
    ...options,
  };
  await withModel(chosen, signal, async (loaded) => {
    const result = await replayRecord(folder, loaded, { signal });
    if (!result.same) throw new RecordError("ERR_REPLAY_DIFFERS", `${folder}: ${sentence(result)}`);
    process.stdout.write(`${folder}: ${sentence(result)}, on ${loaded.backend.name}\n`);
  });
}

async function replaySamples(
  folder: string,
  name: string | undefined,
  options: Partial<ModelOptions>,
): Promise<void> {
  const { readManifest } = await import("../../engine/evaluate/journal.node.ts");
  const { replayEvaluation } = await import("../../engine/evaluate/replayEvaluation.node.ts");
  const signal = interruptSignal();
  const manifest = (await readManifest(folder)) as EvaluationManifest;
  const { model, backend } = manifest;
  const task =
    name === undefined
      ? await shippedTask(manifest.task.name)
      : await loadTask("replay --task", name);
  if (task === null)
    throw new UsageError(
      `replay: expected --task with the task ${manifest.task.name}, got none. A folder has a task's data and not its functions: name the file that was evaluated.`,
    );
  const onThisMachine = BACKENDS.find((known) => known === backend.name) ?? "auto";
  const arithmetic = ARITHMETICS.find((known) => known === backend.arithmetic) ?? "exact";
  const chosen = {
    ...{ model: model.name, backend: onThisMachine },
    ...(arithmetic !== "exact" && { arithmetic }),
    ...options,
  };
  await withModel(chosen, signal, async (loaded) => {
    const bar = progressBar();
    const asked = { signal, onProgress: bar.update };
    const replayed = await replayEvaluation(folder, loaded, task, asked).finally(bar.clear);
    const { same, compared, difference, notes } = replayed;
    if (same)
      return void process.stdout.write(
        `${folder}: the same ${compared} replies, on ${loaded.backend.name}\n`,
      );
    throw new RecordError(
      "ERR_REPLAY_DIFFERS",
      `${folder}: ${parting(difference, compared, notes)}`,
    );
  });
}

function parting(
  difference: EvaluationReplay["difference"],
  compared: number,
  notes: readonly string[],
): string {
  if (difference === null) throw new Error("a replay that differs says where");
  const { sample, epoch, edits, thinking, field, recorded, replayed } = difference;
  const arm = [
    edits === null ? "" : `, edits ${edits}`,
    thinking === null ? "" : `, thinking ${thinking}`,
  ];
  const why = notes.length > 0 ? ` ${notes.join("; ")}.` : "";
  return `expected the folder's replies, got another ${field} first of sample ${JSON.stringify(sample)} (epoch ${epoch}${arm.join("")}): ${JSON.stringify(recorded)} in the folder, ${JSON.stringify(replayed)} now. ${compared} replies before it are the same.${why}`;
}

/** `vitrine replay`: a record's tokens, or an evaluation's samples, through the model once more. */
export function replayCommand(): Command {
  return new Command("replay")
    .description(
      "Run a record's tokens through the model again and hold every stored tensor against what comes out, bit for bit; or ask an evaluation's samples again and hold every reply against the folder's. Exit code 1 where they part.",
    )
    .argument("<folder>", "the record, or the folder of an evaluation")
    .option(
      "--model <name>",
      "the model that ran (default: where the record says it lies; of an evaluation, the name in its manifest)",
    )
    .option(
      "--task <task>",
      "of an evaluation: the task that was evaluated, as vitrine evaluate takes it",
    )
    .addOption(
      new Option("--backend <name>", "where to compute (default: the record's)").choices(BACKENDS),
    )
    .option("--threads <n>", "threads of the cpu backend (default: physical cores)", wholeNumber(1))
    .addOption(
      new Option("--arithmetic <name>", "of packed weights (default: the record's)").choices(
        ARITHMETICS,
      ),
    )
    .addHelpText(
      "after",
      `
Examples:
  vitrine replay runs/keys
  vitrine replay runs/keys --model ~/models/llama --backend webgpu
  vitrine replay runs/sums --task ./task.ts`,
    )
    .action(replay);
}
