/**
 * `npm run bench:together`: many prompts that share the model's steps, against the same prompts one by one: tokens a second
 * of both, measured in turn, and the ratio of their medians. Both do all there is to do, up to runs that are there.
 */
import { Command, InvalidArgumentError } from "commander";
import { loadModel, type Model, type Run } from "../engine/index.node.ts";

const positive = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a whole number above 0.");
};

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
  .option("--generate <n>", "tokens to generate for each", positive, 32)
  .option("--rounds <n>", "rounds after the warm-up", positive, 7)
  .parse()
  .opts<{
    model: string;
    backend: "cpu" | "webgpu";
    prompts: number;
    tokens: number;
    generate: number;
    rounds: number;
  }>();

const model = await loadModel(options.model, { backend: options.backend });
const prompts = Array.from({ length: options.prompts }, (_, p) => {
  const length = Math.max(1, options.tokens - (p % Math.ceil(options.tokens / 2)));
  return Array.from({ length }, (_, i) => (7 * i + 13 * p + 1) % model.spec.nVocab);
});
const sampling = { maxTokens: options.generate, ignoreEos: true, temperature: 0, stop: [] };

const disposeAll = (runs: readonly Run[]) => {
  for (const run of runs) run.dispose();
};

/** @returns tokens that went through the model */
type Way = (model: Model) => Promise<number>;
const nPrompt = prompts.reduce((sum, { length }) => sum + length, 0);
const ways: Record<string, { readonly alone: Way; readonly together: Way }> = {
  run: {
    alone: async () => {
      for (const prompt of prompts) (await model.run(prompt)).dispose();
      return nPrompt;
    },
    together: async () => {
      disposeAll(await model.runAll(prompts).all());
      return nPrompt;
    },
  },
  generate: {
    alone: async () => {
      for (const prompt of prompts) {
        const generation = model.generate(prompt, sampling);
        for await (const _ of generation);
        generation.run.dispose();
      }
      return prompts.length * options.generate;
    },
    together: async () => {
      const all = await model.generateAll(prompts, sampling).all();
      disposeAll(all.map(({ run }) => run));
      return prompts.length * options.generate;
    },
  },
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

async function tokensPerSecond(way: Way): Promise<number> {
  const startedAt = performance.now();
  const tokens = await way(model);
  return (1000 * tokens) / (performance.now() - startedAt);
}

process.stdout.write(`${model}\n`);
for (const [name, { alone, together }] of Object.entries(ways)) {
  const rates: { alone: number[]; together: number[] } = { alone: [], together: [] };
  for (let round = 0; round <= options.rounds; round++) {
    const [one, all] = [await tokensPerSecond(alone), await tokensPerSecond(together)];
    if (round === 0) continue; // the warm-up
    rates.alone.push(one);
    rates.together.push(all);
  }
  const [one, all] = [median(rates.alone), median(rates.together)];
  const words = `${one.toFixed(0)} tokens/s one by one, ${all.toFixed(0)} tokens/s together`;
  process.stdout.write(
    `${name} ${prompts.length} prompts: ${words}, ${(all / one).toFixed(2)} times as many\n`,
  );
}
model.dispose();
