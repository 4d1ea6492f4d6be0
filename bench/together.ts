/**
 * `npm run bench:together`: many prompts that share the model's steps, against the same prompts one by one; prompts with
 * the same head, against the same prompts together without sharing it; and a conversation with a cache of prefixes, against
 * one without: tokens a second of both, measured in turn, and the ratio of their medians. Both do all there is to do, up to
 * runs that are there. On cpu also what a token takes of one thread's processor time, how much of that is spent in kernels,
 * and by how much batches would win if all else of them cost nothing.
 */
import { Command } from "commander";
import { createModel } from "../engine/createModel.ts";
import { loadModel, type Model, type Run } from "../engine/index.node.ts";
import { openCheckpoint } from "../engine/weights/openCheckpoint.node.ts";
import { resolveModel } from "../engine/weights/resolveModel.node.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";
import { clockMs, timedKernels } from "./measure/timedKernels.ts";

const options = new Command("together")
  .description("Tokens a second of prompts together and one by one")
  .option("--model <name>", "model name, folder or Hugging Face id", "tiny")
  .option("--backend <name>", "cpu, webgpu or reference", "cpu")
  .option("--prompts <n>", "prompts", positive, 32)
  .option(
    "--tokens <n>",
    "tokens of the longest prompt; the shortest has half of them",
    positive,
    16,
  )
  .option("--head <n>", "tokens before each prompt that all have in common", positive, 200)
  .option("--generate <n>", "tokens to generate for each", positive, 32)
  .option("--turns <n>", "turns of a conversation, each with a question of 16 tokens", positive, 8)
  .option("--rounds <n>", "rounds after the warm-up", positive, 7)
  .parse()
  .opts<{
    model: string;
    backend: "cpu" | "webgpu";
    prompts: number;
    tokens: number;
    head: number;
    generate: number;
    turns: number;
    rounds: number;
  }>();

const model = await loadModel(options.model, { backend: options.backend });
const remembering = await loadModel(options.model, {
  backend: options.backend,
  prefixCacheBytes: 2 ** 28,
});
const prompts = Array.from({ length: options.prompts }, (_, p) => {
  const length = Math.max(1, options.tokens - (p % Math.ceil(options.tokens / 2)));
  return Array.from({ length }, (_, i) => (7 * i + 13 * p + 1) % model.spec.nVocab);
});
const head = Array.from({ length: options.head }, (_, i) => (11 * i + 5) % model.spec.nVocab);
const headed = prompts.map((prompt) => [...head, ...prompt]);
const sampling = { maxTokens: options.generate, ignoreEos: true, temperature: 0, stop: [] };

const disposeAll = (runs: readonly Run[]) => {
  for (const run of runs) run.dispose();
};

/** @returns tokens that went through the model */
type Way = (model: Model) => Promise<number>;
interface Comparison {
  /** What the one way and the other are. */
  readonly words: readonly [string, string];
  readonly one: Way;
  readonly other: Way;
}
const tokensOf = (all: typeof prompts) => all.reduce((sum, { length }) => sum + length, 0);
const runAll =
  (all: typeof prompts, sharePrefix: boolean): Way =>
  async (model) => {
    disposeAll(await model.runAll(all, { sharePrefix }).all());
    return tokensOf(all);
  };
/** Rows of one form of attention, so that replies are shared as well. */
const ONE_FORM = { ...sampling, chunkSize: 32 };
const converse: Way = async (model) => {
  model.freeIdle(); // and with it what the round before has left
  let tokens = 0;
  let said: readonly number[] = [];
  for (let turn = 0; turn < options.turns; turn++) {
    const question = Array.from({ length: 16 }, (_, i) => (5 * i + 17 * turn + 2) % 500);
    const generation = model.generate([...said, ...question], ONE_FORM);
    for await (const _ of generation);
    said = generation.run.tokens.map(({ id }) => id);
    tokens += said.length;
    generation.run.dispose();
  }
  return tokens;
};
const comparisons: Record<string, Comparison> = {
  run: {
    words: ["one by one", "together"],
    one: async (model) => {
      for (const prompt of prompts) (await model.run(prompt)).dispose();
      return tokensOf(prompts);
    },
    other: runAll(prompts, true),
  },
  [`run with a head of ${options.head} tokens`]: {
    words: ["together", "with a shared prefix"],
    one: runAll(headed, false),
    other: runAll(headed, true),
  },
  [`a conversation of ${options.turns} turns`]: {
    words: ["computed anew", "with a cache of prefixes"],
    one: converse,
    other: () => converse(remembering),
  },
  generate: {
    words: ["one by one", "together"],
    one: async (model) => {
      for (const prompt of prompts) {
        const generation = model.generate(prompt, sampling);
        for await (const _ of generation);
        generation.run.dispose();
      }
      return prompts.length * options.generate;
    },
    other: async (model) => {
      const all = await model.generateAll(prompts, sampling).all();
      disposeAll(all.map(({ run }) => run));
      return prompts.length * options.generate;
    },
  },
};

async function tokensPerSecond(way: Way): Promise<number> {
  const startedAt = performance.now();
  const tokens = await way(model);
  return (1000 * tokens) / (performance.now() - startedAt);
}

/** Microseconds of processor time that a token takes. */
async function cpuUs(way: Way, model: Model): Promise<number> {
  const before = process.cpuUsage();
  const tokens = await way(model);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / tokens;
}

/** Microseconds of a token that are spent in kernels: of every call the least time of all rounds. */
async function kernelUs(way: Way): Promise<number> {
  const { backend, callsOf } = await timedKernels();
  const checkpoint = await openCheckpoint((await resolveModel(options.model, {})).location);
  const timed = await createModel(checkpoint, { tokenizer: null, backend });
  await checkpoint.close();
  let tokens = await way(timed); // the warm-up
  let least: readonly number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const calls = await callsOf(async () => {
      tokens = await way(timed);
    });
    least = calls.map((ms, i) => Math.min(ms, least[i] ?? ms));
  }
  timed.dispose();
  const ofClock = clockMs();
  return (1000 * least.reduce((sum, ms) => sum + ms - ofClock, 0)) / tokens;
}

/** What a token takes of one thread, both ways, and how much of it kernels take: the least of all rounds. */
async function compareOnOneThread(
  name: string,
  { words, one, other }: Comparison,
  single: Model,
): Promise<void> {
  const times: { one: number[]; other: number[] } = { one: [], other: [] };
  for (let round = 0; round <= options.rounds; round++) {
    const [before, after] = [await cpuUs(one, single), await cpuUs(other, single)];
    if (round === 0) continue; // the warm-up
    times.one.push(before);
    times.other.push(after);
  }
  const [before, after] = [Math.min(...times.one), Math.min(...times.other)];
  const [kernels, otherKernels] = [await kernelUs(one), await kernelUs(other)];
  const share = (ofKernels: number, us: number) =>
    `${ofKernels.toFixed(0)} us (${((100 * ofKernels) / us).toFixed(0)} %)`;
  const ratio = (us: number, otherUs: number) => `${(us / otherUs).toFixed(2)} times`;
  process.stdout.write(
    `a token on one thread, ${name}: ${before.toFixed(0)} us ${words[0]}, ${after.toFixed(0)} us ${words[1]}, ${ratio(before, after)}\n` +
      `  in kernels ${share(kernels, before)} and ${share(otherKernels, after)}: ${ratio(before, otherKernels)} if all else cost nothing ${words[1]}, ${ratio(kernels, otherKernels)} if it did so both ways\n`,
  );
}

process.stdout.write(`${model}\n${prompts.length} prompts\n`);
for (const [name, { words, one, other }] of Object.entries(comparisons)) {
  const rates: { one: number[]; other: number[] } = { one: [], other: [] };
  for (let round = 0; round <= options.rounds; round++) {
    const [before, after] = [await tokensPerSecond(one), await tokensPerSecond(other)];
    if (round === 0) continue; // the warm-up
    rates.one.push(before);
    rates.other.push(after);
  }
  const [before, after] = [median(rates.one), median(rates.other)];
  const told = `${before.toFixed(0)} tokens/s ${words[0]}, ${after.toFixed(0)} tokens/s ${words[1]}`;
  process.stdout.write(`${name}: ${told}, ${(after / before).toFixed(2)} times as many\n`);
}
model.dispose();
remembering.dispose();

if (options.backend === "cpu") {
  const single = await loadModel(options.model, { backend: "cpu", threads: 1 });
  for (const [name, comparison] of Object.entries(comparisons))
    if (comparison.words[1] === "together") await compareOnOneThread(name, comparison, single);
  single.dispose();
}
