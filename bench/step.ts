/**
 * `npm run bench:step`: what a decoded token takes on the cpu backend, on one thread, and where it goes. The same step is taken in three
 * ways, in turn: as a part of a generation; its program alone; and the calls of its kernels alone. What the first takes beside
 * the second is choosing, reading and keeping; what the second takes beside the third is JavaScript that calls kernels. The kernels of products stand
 * beside what the device can do: multiplications and additions of their codes, and bytes read, each kernel alone. All
 * in time of the processor, so that what others do on the machine is left out as far as it can be.
 */
import { Command, Option } from "commander";
import type { Step } from "../engine/backend/deviceTensor.ts";
import type { Operator } from "../engine/backend/operators.ts";
import { createModel } from "../engine/createModel.ts";
import { openGguf } from "../engine/weights/gguf/openGguf.node.ts";
import { openCheckpoint } from "../engine/weights/openCheckpoint.node.ts";
import { resolveModel } from "../engine/weights/resolveModel.node.ts";
import { promptIds } from "./contenders/protocol.ts";
import { positive } from "./measure/positive.ts";
import { recordedKernels } from "./measure/recordedKernels.ts";
import { median } from "./measure/statistics.ts";

const options = new Command("step")
  .description("What a decoded token takes on the cpu backend, and where it goes")
  .option("--model <name>", "model name, folder, GGUF file or Hugging Face id", "tiny")
  .option("--prompt-tokens <n>", "prompt length", positive, 32)
  .option("--new-tokens <n>", "decoded tokens of a round", positive, 16)
  .option("--rounds <n>", "rounds after the warm-up", positive, 10)
  .addOption(new Option("--arithmetic <name>").choices(["exact", "i16"]).default("exact"))
  .parse()
  .opts<{
    model: string;
    promptTokens: number;
    newTokens: number;
    rounds: number;
    arithmetic: "exact" | "i16";
  }>();

const { backend, callsOf } = await recordedKernels(options.arithmetic);
let last: { readonly program: readonly Operator[]; readonly step: Step } | null = null;
const { execute } = backend;
backend.execute = (program, step) => {
  if (program.length > 1) last = { program, step };
  execute.call(backend, program, step);
};
const { location } = await resolveModel(options.model, {});
const checkpoint = location.endsWith(".gguf")
  ? await openGguf(location)
  : await openCheckpoint(location);
const model = await createModel(checkpoint, { tokenizer: null, backend });
await checkpoint.close();
const prompt = promptIds(options.promptTokens, model.spec.nVocab);

/** Milliseconds of the processor. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** What generations take behind their last token: the run is made, and nothing of it is a token's. */
const endsMs: number[] = [];

/** Of a decoded token of a generation. */
async function generated(): Promise<number> {
  const generation = model.generate(prompt, {
    ...{ temperature: 0, ignoreEos: true, stop: [], maxTokens: options.newTokens + 1 },
  });
  let [from, to] = [0, 0];
  let count = 0;
  for await (const _ of generation) {
    if (count++ === 0) from = cpuMs();
    if (count > options.newTokens) to = cpuMs();
  }
  endsMs.push(cpuMs() - to);
  generation.run.dispose();
  return (to - from) / options.newTokens;
}

function eachOf(times: number, work: () => void): number {
  const from = cpuMs();
  for (let i = 0; i < times; i++) work();
  return (cpuMs() - from) / times;
}

await generated();
if (last === null) throw new Error("the generation executed nothing");
const { program, step } = last as { program: readonly Operator[]; step: Step };
const runProgram = () => execute.call(backend, program, step);
const calls = callsOf(runProgram);
const PRODUCTS = new Set(["matmul", "expertsUp", "expertsDown"]);
const products = calls.filter(({ kernel }) => PRODUCTS.has(kernel));
const others = calls.filter(({ kernel }) => !PRODUCTS.has(kernel));
const make = (list: typeof calls) => () => {
  for (const { again } of list) again();
};

const ways = {
  generation: generated,
  program: async () => eachOf(options.newTokens, runProgram),
  kernels: async () => eachOf(options.newTokens, make(calls)),
  products: async () => eachOf(options.newTokens, make(products)),
  others: async () => eachOf(options.newTokens, make(others)),
};
type Way = keyof typeof ways;
const times = Object.fromEntries(Object.keys(ways).map((way) => [way, [] as number[]])) as Record<
  Way,
  number[]
>;
for (let round = -2; round < options.rounds; round++)
  for (const [way, measure] of Object.entries(ways)) {
    const ms = await measure();
    if (round >= 0) times[way as Way].push(ms);
  }
const [generation, alone, kernels, ofProducts, ofOthers] = Object.values(times).map(median) as [
  number,
  number,
  number,
  number,
  number,
];

/** Weights that a token is multiplied with, those of experts left out, and the bytes that they take. */
const weights = program.flatMap((operator) =>
  operator.kind === "matmul" ? [operator.weight] : [],
);
const elements = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
const bytes = weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

const limits = backend.openLimits(2 ** 28);
const rates = new Map(limits.kernels.map(({ name }) => [name, [] as number[]]));
for (let round = -1; round < options.rounds; round++)
  for (const kernel of limits.kernels) {
    const from = cpuMs();
    const { amount } = await kernel.measure(2 ** 28);
    if (round >= 0) rates.get(kernel.name)?.push(amount / (cpuMs() - from) / 1e6);
  }
limits.dispose();
const rate = (name: string): number => median(rates.get(name) ?? []);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const part = (ms: number): string =>
  `${ms.toFixed(3).padStart(8)} ms ${((100 * ms) / generation).toFixed(1).padStart(5)} %`;
print(`${model}, ${options.arithmetic}`);
print(`one thread, median of ${options.rounds} rounds in turn, time of the processor\n`);
print(`${part(generation)}  a decoded token`);
print(`${part(generation - alone)}  beside its program: choosing, reading, keeping`);
print(
  `${part(alone - kernels)}  beside its kernels: ${program.length} operators, ${calls.length} calls`,
);
print(`${part(ofOthers)}  other kernels: ${others.length} calls`);
print(`${part(ofProducts)}  products: ${products.length} calls`);
print(`${median(endsMs).toFixed(3).padStart(8)} ms          behind the last token: the run\n`);
print(
  `products: ${(elements / ofProducts / 1e6).toFixed(1)} G weights/s, ${(bytes / ofProducts / 1e6).toFixed(1)} GB/s of ${rate("read").toFixed(1)} read alone`,
);
print(
  `alone: ${rate("multiply and add i16").toFixed(0)} G operations of i16/s, ${rate("multiply and add f32").toFixed(0)} of f32`,
);
model.dispose();
