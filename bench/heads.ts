/**
 * `npm run bench:heads`: what it costs to measure all heads of a run, over the prefill of that run, in time of the processor on one thread. In
 * turn with the prefill; a second prefill stands in every round: their ratio is the resolution.
 */
import { Command } from "commander";
import { loadModel, type Model } from "../engine/index.node.ts";
import { promptIds } from "./contenders/protocol.ts";
import { caseName } from "./measure/caseName.ts";
import { CASES, type CaseName, openCase } from "./measure/cases.ts";
import { noteCheck } from "./measure/checks.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";
import { toyModel } from "./synthetic/toyModel.ts";

const BOUND = { atMost: 0.15 } as const;

const {
  model: name,
  tokens,
  step,
  rounds,
  history,
} = new Command("heads")
  .description("Metrics of all heads over the prefill that they are of")
  .option("--model <name>", `toy, or one of ${Object.keys(CASES).join(", ")}`, modelName, "toy")
  .option("--tokens <n>", "prompt length", positive, 4096)
  .option("--step <n>", "of so many queries one is looked at", positive, 1)
  .option("--rounds <n>", "rounds after the warm-up", positive, 3)
  .option("--history", "note the result in bench/checks.jsonl")
  .parse()
  .opts<{
    model: "toy" | CaseName;
    tokens: number;
    step: number;
    rounds: number;
    history?: true;
  }>();

function modelName(text: string): "toy" | CaseName {
  return text === "toy" ? text : caseName(text);
}

async function open(): Promise<Model> {
  if (name === "toy") return (await toyModel(4, { threads: 1 })).model;
  return loadModel(await openCase(name), { backend: "cpu", threads: 1 });
}

const model = await open();
const words = name === "toy" ? "a toy of 24 layers, 4 heads of 64" : CASES[name].words;
const ids = promptIds(tokens, model.spec.nVocab);

/** Milliseconds of the processor. */
async function timeOf<Value>(work: () => Promise<Value>): Promise<[ms: number, value: Value]> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, value];
}

const prefill = (of = ids) => timeOf(() => model.run(of));
const measure = (run: Awaited<ReturnType<Model["run"]>>) =>
  timeOf(async () => {
    for (let layer = 0; layer < model.spec.nLayers; layer++)
      await run.headMetrics({ layer, queryStep: step });
  });

const times: { first: number; second: number; heads: number }[] = [];
const [, warm] = await prefill(ids.slice(0, 256));
await measure(warm);
warm.dispose();
for (let round = 0; round < rounds; round++) {
  const [first, run] = await prefill();
  const [heads] = await measure(run);
  run.dispose();
  const [second, again] = await prefill();
  again.dispose();
  times.push({ first, second, heads });
}
const ratio = median(times.map(({ first, second, heads }) => (2 * heads) / (first + second)));
const resolution = median(times.map(({ first, second }) => Math.abs(second / first - 1)));
const ms = (value: number): string => `${value.toFixed(0)} ms`;
process.stdout.write(
  `${words}, ${tokens} tokens, one query in ${step}, ${rounds} rounds in turn, in time of the processor
prefill ${ms(median(times.map(({ first }) => first)))}, heads ${ms(median(times.map(({ heads }) => heads)))}: ${ratio.toFixed(3)} (at most ${BOUND.atMost}), to ${resolution.toFixed(3)}\n`,
);
if (history)
  noteCheck({
    words: `${words}, ${tokens} tokens: metrics of all heads${step === 1 ? "" : `, one query in ${step},`} over the prefill`,
    ...{ bound: BOUND, median: ratio, resolution, rounds },
    command: `npm run bench:heads --${name === "toy" ? "" : ` --model ${name}`} --tokens ${tokens}${step === 1 ? "" : ` --step ${step}`}`,
  });
model.dispose();
