/**
 * `npm run bench:first-token`: from the start of a cold process to the first token of the default model: Node, the engine as it is
 * published, weights, kernels and one forward pass, on the clock. Files are read once before, so that all rounds find them in memory.
 */
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { inRepository } from "../scripts/build/repository.ts";
import { noteCheck } from "./measure/checks.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";

const { rounds, history } = new Command("first-token")
  .description("Seconds from a cold process to the first token of the default model")
  .option("--rounds <n>", "processes after the warm-up", positive, 21)
  .option("--history", "note the result in bench/checks.jsonl")
  .parse()
  .opts<{ rounds: number; history?: true }>();

const ENGINE = pathToFileURL(inRepository("dist/index.js")).href;
const PROGRAM = `
import { loadModel } from ${JSON.stringify(ENGINE)};
const model = await loadModel(${JSON.stringify(inRepository("models/tiny"))});
for await (const token of model.generate("Once upon a time", { maxTokens: 1, temperature: 0 })) break;
process.stdout.write(String(performance.now()));
process.exit(0);`;

function seconds(): number {
  const args = ["--input-type=module", "-e", PROGRAM];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`first-token: the process ended with status ${status}. ${stderr}`);
  return Number(stdout) / 1000;
}

seconds();
const pairs = Array.from({ length: rounds }, () => [seconds(), seconds()] as const);
const times = pairs.map(([a]) => a);
const resolution = median(pairs.map(([a, b]) => Math.abs(b / a - 1)));
const middle = median(times);
process.stdout.write(
  `first token of a cold process: ${middle.toFixed(3)} s (${Math.min(...times).toFixed(3)} to ${Math.max(...times).toFixed(3)}), to ${resolution.toFixed(2)} of it\n`,
);
if (history)
  noteCheck({
    words: "First token of the default model from a cold process, over 0.5 s",
    ...{ bound: { atMost: 1 }, median: middle / 0.5, resolution, rounds },
    command: "npm run bench:first-token",
  });
