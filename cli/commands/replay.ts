import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { RecordError } from "../../engine/base/errors.ts";
import type { Replay } from "../../engine/index.node.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { ARITHMETICS, BACKENDS, type ModelOptions, withModel } from "../modelOptions.ts";
import { wholeNumber } from "../parseNumbers.ts";

type ReplayOptions = Partial<ModelOptions>;

/** What became of it, in a sentence; what may be why behind it. */
function sentence({ difference, compared, notes }: Replay): string {
  if (difference === null) return `the same bits in ${compared} tensors`;
  const { site, token, index, recorded, replayed } = difference;
  const place = site === "tokens" ? "" : `, number ${index} of its row`;
  const why = notes.length > 0 ? ` ${notes.join("; ")}.` : "";
  return `expected the record's bits, got another number first in ${site}, token ${token}${place}: ${recorded} in the record, ${replayed} now. ${compared} tensors before it are the same.${why}`;
}

async function replay(folder: string, options: ReplayOptions): Promise<void> {
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

/** `vitrine replay`: a record's tokens through the model once more. */
export function replayCommand(): Command {
  return new Command("replay")
    .description(
      "Run a record's tokens through the model again and hold every stored tensor against what comes out, bit for bit. Exit code 1 where they part.",
    )
    .argument("<folder>", "the record")
    .option("--model <name>", "the model that ran (default: where the record says it lies)")
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
  vitrine replay runs/keys --model ~/models/llama --backend webgpu`,
    )
    .action(replay);
}
