/**
 * `npm run bench:sweep`: seconds of a sweep of patches over layers and positions of the default model, with several pairs, intervals and p
 * included, in time of the processor. Each pair's clean run is made beforehand, with what is patched from. Twice in a round: their ratio is the resolution.
 */
import { Command } from "commander";
import { loadModel, logitDifference, patch } from "../engine/index.node.ts";
import { inRepository } from "../scripts/build/repository.ts";
import { promptIds } from "./contenders/protocol.ts";
import { noteCheck } from "./measure/checks.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";

const LIMIT_S = 20;

const {
  positions,
  pairs: nPairs,
  rounds,
  history,
} = new Command("sweep")
  .description("Layers by positions of the default model, patched pair by pair")
  .option("--positions <n>", "tokens of a prompt", positive, 40)
  .option("--pairs <n>", "pairs of prompts", positive, 20)
  .option("--rounds <n>", "rounds after the warm-up", positive, 3)
  .option("--history", "note the result in bench/checks.jsonl")
  .parse()
  .opts<{ positions: number; pairs: number; rounds: number; history?: true }>();

const model = await loadModel(inRepository("models/tiny"), { backend: "cpu", threads: 1 });
const { nLayers, nVocab } = model.spec;
const site = "blocks.{layer}.hook_resid_pre";
const all = promptIds(2 * nPairs * positions, nVocab);
const pairs: { prompt: number[]; clean: Awaited<ReturnType<typeof model.run>> }[] = [];
for (let pair = 0; pair < nPairs; pair++) {
  const prompt = all.slice(2 * pair * positions, (2 * pair + 1) * positions);
  const other = all.slice((2 * pair + 1) * positions, (2 * pair + 2) * positions);
  const clean = await model.run(other, { capture: site.replace("{layer}", "*") });
  pairs.push({ prompt, clean });
}

/** Seconds of the processor. */
async function seconds(of = pairs): Promise<number> {
  const before = process.cpuUsage();
  const { effects } = await model.sweep(of, {
    grid: { site, over: ["layer", "position"] },
    edit: ({ site: at, position }, { clean }) =>
      patch(at, clean, { from: [position], to: [position] }),
    metric: logitDifference(3, 5),
  });
  const { user, system } = process.cpuUsage(before);
  if (effects.data.length !== nLayers * positions) throw new Error("the grid is another");
  return (user + system) / 1e6;
}

const times: [first: number, second: number][] = [];
await seconds(pairs.slice(0, 1));
for (let round = 0; round < rounds; round++) times.push([await seconds(), await seconds()]);
const took = median(times.flat());
const resolution = median(times.map(([first, second]) => Math.abs(second / first - 1)));
const words = `${nLayers} layers x ${positions} positions, ${nPairs} pairs, on the default model`;
process.stdout.write(
  `${words}: ${took.toFixed(2)} s of the processor (at most ${LIMIT_S}), ${rounds} rounds, to ${resolution.toFixed(3)}\n`,
);
if (history)
  noteCheck({
    words: `A sweep of ${words}, over ${LIMIT_S} s`,
    ...{ bound: { atMost: 1 }, median: took / LIMIT_S, resolution, rounds },
    command: `npm run bench:sweep -- --positions ${positions} --pairs ${nPairs}`,
  });
for (const { clean } of pairs) clean.dispose();
model.dispose();
