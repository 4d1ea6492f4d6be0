/**
 * `npm run bench:length`: a prefill of many tokens over one of half as many, in turn, beside what the arithmetic that the plan counts
 * predicts. Products bound a prefill of this length, so that the roofline is that arithmetic; what is above it is paid for length alone.
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
} = new Command("length")
  .description("A long prefill over one of half its length, beside what its arithmetic predicts")
  .option("--model <name>", `one of ${Object.keys(CASES).join(", ")}`, caseName, "moe-q8_0")
  .option("--tokens <n>", "the shorter prompt", positive, 2048)
  .option("--rounds <n>", "rounds after the warm-up", positive, 3)
  .option("--history", "note the result in bench/checks.jsonl")
  .parse()
  .opts<{ model: CaseName; tokens: number; rounds: number; history?: true }>();

const model = await loadModel(await openCase(name), { backend: "cpu" });
const [short, long] = [tokens, 2 * tokens].map((count) => promptIds(count, model.spec.nVocab)) as [
  number[],
  number[],
];

async function seconds(ids: number[]): Promise<number> {
  const start = performance.now();
  const run = await model.run(ids, { keep: "nothing", logits: "last" });
  const took = performance.now() - start;
  run.dispose();
  return took / 1000;
}

const [predictedShort, predictedLong] = [short, long].map(
  (ids) => model.estimate(ids, { keep: "nothing", logits: "last" }).flops,
) as [number, number];
const predicted = predictedLong / predictedShort;

await seconds(short.slice(0, 64));
const times: { short: number; again: number; long: number }[] = [];
for (let round = 0; round < rounds; round++)
  times.push({
    short: await seconds(short),
    long: await seconds(long),
    again: await seconds(short),
  });
const measured = median(times.map((of) => (2 * of.long) / (of.short + of.again)));
const resolution = median(times.map((of) => Math.abs(of.again / of.short - 1)));
const print = (line: string) => process.stdout.write(`${line}\n`);
print(`${CASES[name].words}, ${rounds} rounds in turn, to ${resolution.toFixed(3)}`);
for (const [ids, time] of [
  [short, median(times.map((of) => of.short))],
  [long, median(times.map((of) => of.long))],
] as const)
  print(`${ids.length} tokens: ${(ids.length / time).toFixed(1)} tok/s`);
print(`time over time ${measured.toFixed(2)}; arithmetic over arithmetic ${predicted.toFixed(2)}`);
if (history)
  noteCheck({
    words: `${CASES[name].words}: time of ${2 * tokens} tokens over ${tokens}, over the same ratio of arithmetic (${predicted.toFixed(2)})`,
    ...{ bound: { atMost: 1.1 }, median: measured / predicted, resolution, rounds },
    command: `npm run bench:length -- --model ${name} --tokens ${tokens}`,
  });
model.dispose();
