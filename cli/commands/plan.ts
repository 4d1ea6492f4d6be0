import { Command, Option } from "commander";
import { CACHE_DTYPES } from "../../engine/whatif/cacheStorage.ts";
import { findConfig } from "../../engine/whatif/findConfig.node.ts";
import { WEIGHT_DTYPES } from "../../engine/whatif/weightStorage.ts";
import { deviceFor } from "../deviceFor.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { realNumber, wholeNumber } from "../parseNumbers.ts";
import { planFor } from "../planFor.ts";
import { UsageError } from "../usageError.ts";

const CONTEXT = 4096;

interface PlanOptions {
  readonly model: string;
  readonly device?: string;
  readonly devices?: number;
  readonly weights?: string;
  readonly cache?: string;
  readonly context?: number;
  readonly generated?: number;
  readonly batch?: number;
  readonly chunkSize?: number;
  readonly usdPerHour?: number;
  readonly json?: boolean;
}

/** `vitrine plan`: will a model fit a machine, how fast could it be, what would it cost; from config.json alone. */
export function planCommand(): Command {
  return new Command("plan")
    .description(
      "Say whether a model fits a machine, how fast it could be at most and what that costs, before a download: from config.json alone.",
    )
    .requiredOption(
      "--model <name>",
      "a shipped config (deepseek-v3), a model in models/, a folder with config.json, or a Hugging Face id, of which config.json alone is fetched",
    )
    .option("--device <name>", "what to run it on: here, h100, ...; a wrong name lists them")
    .option("--devices <n>", "how many of them share the work evenly (default: 1)", wholeNumber(1))
    .addOption(
      new Option("--weights <dtype>", "how weights are stored (default: as published)").choices(
        Object.keys(WEIGHT_DTYPES),
      ),
    )
    .addOption(
      new Option("--cache <dtype>", "how keys and values are (default: bf16)").choices(
        Object.keys(CACHE_DTYPES),
      ),
    )
    .option(
      "--context <n>",
      `tokens of a sequence, prompt and answer (default: ${CONTEXT}, or all that the model has)`,
      wholeNumber(1),
    )
    .option("--generated <n>", "of them, those of the answer (default: an eighth)", wholeNumber(0))
    .option("--batch <n>", "sequences decoded together (default: 1)", wholeNumber(1))
    .option(
      "--chunk-size <n>",
      "tokens of a prompt that go through the model at once (default: 2048)",
      wholeNumber(1),
    )
    .option("--usd-per-hour <x>", "rent of one device", realNumber(0, true))
    .option("--json", "print one JSON object: a WhatIfRecord")
    .addHelpText(
      "after",
      `
Every number is computed, none measured, and times are the least that are possible:
  fits       weights + caches (sequences x tokens x bytes a token) + activations <= memory
  a step     max(bytes / bandwidth, FLOPs / rate); weights and cached rows once, experts reached E (1 - (1 - k/E)^T)
  tokens/s   sequences / a step;  USD = seconds x rent
docs/cost.md has each formula and the test that holds it.

Examples:
  vitrine plan --model deepseek-v3 --device h800 --devices 16
  vitrine plan --model qwen3-8b --device rtx-4090 --weights q4_k --context 16384
  vitrine plan --model org/name --device h100 --batch 64 --usd-per-hour 2.5 --json`,
    )
    .action(plan);
}

async function plan({ model, json, ...options }: PlanOptions): Promise<void> {
  const found = await findConfig(model, { signal: interruptSignal() });
  const device = await deviceFor("plan", options.device);
  if (device === undefined && options.devices !== undefined)
    throw new UsageError("plan --devices: expected a --device beside it, got none. Name one.");
  const record = planFor(found, { ...options, device, contextDefault: CONTEXT });
  if (json) {
    process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    return;
  }
  const { planReport } = await import("../planReport.ts"); // d3's formats, which nothing else of the command needs
  process.stdout.write(`${planReport(record)}\n`);
}
