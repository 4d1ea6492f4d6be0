/**
 * `npm run bench:captures`: what it costs to keep things of a run: routes, the log-sum-exp of attention, and the residual stream behind
 * every layer, each over a run that keeps nothing. In turn, on one thread, in time of the processor, so that what others do on the machine is
 * left out as far as it can be. A run that keeps nothing stands twice in every round: their ratio is the resolution.
 */
import { Command } from "commander";
import { loadModel } from "../engine/index.node.ts";
import { promptIds } from "./contenders/protocol.ts";
import { caseName } from "./measure/caseName.ts";
import { CASES, type CaseName, openCase } from "./measure/cases.ts";
import { noteCheck } from "./measure/checks.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";

const {
  model: name,
  tokens,
  rounds,
  history,
} = new Command("captures")
  .description("Runs that keep things over runs that keep nothing")
  .option("--model <name>", `one of ${Object.keys(CASES).join(", ")}`, caseName, "dense-q8_0")
  .option("--tokens <n>", "prompt length", positive, 512)
  .option("--rounds <n>", "rounds after the warm-up", positive, 20)
  .option("--history", "note the results in bench/checks.jsonl")
  .parse()
  .opts<{ model: CaseName; tokens: number; rounds: number; history?: true }>();

const model = await loadModel(await openCase(name), { backend: "cpu", threads: 1 });
const ids = promptIds(tokens, model.spec.nVocab);
const residuals = model.spec.layers.map((_, layer) => `blocks.${layer}.hook_resid_post`);
const WAYS = {
  nothing: { keep: "nothing" },
  "nothing again": { keep: "nothing" },
  routes: { keep: "routes" },
  "log-sum-exp": { keep: "attention" },
  hook_resid_post: { keep: "nothing", capture: residuals },
} as const;
type Way = keyof typeof WAYS;
const BOUNDS: Partial<Record<Way, number>> = {
  ...{ routes: 1.02, "log-sum-exp": 1.02, hook_resid_post: 1.1 },
};

/** Milliseconds of the processor. */
async function timeOf(way: Way): Promise<number> {
  const before = process.cpuUsage();
  const run = await model.run(ids, WAYS[way]);
  const { user, system } = process.cpuUsage(before);
  run.dispose();
  return (user + system) / 1000;
}

const names = Object.keys(WAYS) as Way[];
const times = new Map(names.map((way) => [way, [] as number[]]));
for (let round = -1; round < rounds; round++)
  for (let i = 0; i < names.length; i++) {
    const way = names[(i + Math.max(0, round)) % names.length] as Way; // none is always the first
    const ms = await timeOf(way);
    if (round >= 0) times.get(way)?.push(ms);
  }
const ofNothing = times.get("nothing") as number[];
const ratiosOf = (way: Way): number[] =>
  (times.get(way) as number[]).map((ms, round) => ms / (ofNothing[round] as number));
const resolution = median(ratiosOf("nothing again").map((ratio) => Math.abs(ratio - 1)));
process.stdout.write(
  `${model}\n${tokens} tokens, ${rounds} rounds in turn; nothing kept: ${median(ofNothing).toFixed(1)} ms of the processor\n`,
);
for (const [way, atMost] of Object.entries(BOUNDS) as [Way, number][]) {
  const ratio = median(ratiosOf(way));
  process.stdout.write(
    `${way}: ${ratio.toFixed(3)} (at most ${atMost}), to ${resolution.toFixed(3)}\n`,
  );
  if (history)
    noteCheck({
      words: `${CASES[name].words}, ${tokens} tokens: ${way} kept, over nothing`,
      ...{ bound: { atMost }, median: ratio, resolution, rounds },
      command: `npm run bench:captures -- --model ${name} --tokens ${tokens}`,
    });
}
model.dispose();
