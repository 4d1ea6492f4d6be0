/**
 * `npm run bench:busy`: decoding on several threads beside a process that keeps a core busy, over decoding on one thread of a quiet
 * machine. A model of Qwen2-0.5B's shape, cut to a few layers. The busy process is stopped and goes on in turn, so that
 * both are measured in the same rounds, on the clock: what others do on the machine counts, and shows in the resolution.
 */
import { spawn } from "node:child_process";
import { Command } from "commander";
import { noteCheck } from "./measure/checks.ts";
import { positive } from "./measure/positive.ts";
import { openShape, prefillAndDecode } from "./measure/shapeOfQwen2.ts";
import { median } from "./measure/statistics.ts";

const { threads, layers, rounds, history } = new Command("busy")
  .description("Decoding beside a busy process over quiet decoding on one thread")
  .option("--threads <n>", "threads beside the busy process", positive, 2)
  .option("--layers <n>", "layers of the model", positive, 6)
  .option("--rounds <n>", "rounds after the warm-up", positive, 20)
  .option("--history", "note the result in bench/checks.jsonl")
  .parse()
  .opts<{ threads: number; layers: number; rounds: number; history?: true }>();

/** Tokens before those that are timed. */
const PROMPT = 8;

const [one, several] = [await openShape(1, layers), await openShape(threads, layers)];
const busy = spawn(process.execPath, [
  "-e",
  "for (const of = process.ppid; of === process.ppid; );",
]);
busy.kill("SIGSTOP");
const ratios: number[] = [];
const ofItself: number[] = [];
try {
  for (let round = -2; round < rounds; round++) {
    const { decode: quiet } = await prefillAndDecode(one, PROMPT);
    const { decode: again } = await prefillAndDecode(one, PROMPT);
    busy.kill("SIGCONT");
    const { decode: beside } = await prefillAndDecode(several, PROMPT);
    busy.kill("SIGSTOP");
    if (round < 0) continue;
    ratios.push(quiet / beside);
    ofItself.push(Math.abs(quiet / again - 1));
  }
} finally {
  busy.kill("SIGKILL");
}
const check = {
  words: `Q8_0 decode, ${threads} threads beside one busy process, over one thread of a quiet machine`,
  bound: { atLeast: 0.8 },
  median: median(ratios),
  resolution: median(ofItself),
  rounds,
  command: `npm run bench:busy -- --threads ${threads} --layers ${layers}`,
};
process.stdout.write(
  `${check.words}: ${check.median.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}; at least 0.8), to ${check.resolution.toFixed(2)}\n`,
);
if (history) noteCheck(check);
for (const { backend } of [one, several]) backend.dispose();
