/**
 * `npm run bench:overhead`: what a run takes beside its arithmetic. Arithmetic is the very program of the run, executed with
 * the same step on the same buffers until the device is idle. Both are measured in turn, and their medians are compared.
 */
import { Command } from "commander";
import type { Step } from "../engine/backend/deviceTensor.ts";
import { openBackend } from "../engine/backend/openBackend.node.ts";
import type { Operator } from "../engine/backend/operators.ts";
import { createModel } from "../engine/createModel.ts";
import { openCheckpoint } from "../engine/weights/openCheckpoint.node.ts";
import { resolveModel } from "../engine/weights/resolveModel.node.ts";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";

const options = new Command("overhead")
  .description("A run's time over the time of its arithmetic")
  .option("--model <name>", "model name, folder or Hugging Face id", "tiny")
  .option("--backend <name>", "cpu, webgpu or reference", "cpu")
  .option("--tokens <n>", "prompt length", positive, 20)
  .option("--rounds <n>", "rounds after the warm-up", positive, 200)
  .parse()
  .opts<{ model: string; backend: "cpu" | "webgpu"; tokens: number; rounds: number }>();

const { backend } = await openBackend(options.backend);
let last: { readonly program: readonly Operator[]; readonly step: Step } | null = null;
const { execute } = backend;
backend.execute = (program, step) => {
  last = { program, step };
  execute.call(backend, program, step);
};
const checkpoint = await openCheckpoint((await resolveModel(options.model, {})).location);
const model = await createModel(checkpoint, { tokenizer: null, backend });
await checkpoint.close();
const ids = Array.from({ length: options.tokens }, (_, i) => (7 * i + 1) % model.spec.nVocab);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
const run = () => model.run(ids, { chunkSize: ids.length }).then((made) => made.dispose());
const arithmetic = async () => {
  if (last === null) throw new Error("the run executed nothing");
  execute.call(backend, last.program, last.step);
  await backend.flush();
};

const runs: number[] = [];
const alone: number[] = [];
for (let round = -20; round < options.rounds; round++) {
  const times = [await timed(run), await timed(arithmetic)] as const;
  if (round < 0) continue;
  runs.push(times[0]);
  alone.push(times[1]);
}
const [whole, own] = [median(runs), median(alone)];
process.stdout.write(
  `${model}\n${options.tokens} tokens, median of ${options.rounds} rounds in turn\nrun ${whole.toFixed(3)} ms, arithmetic ${own.toFixed(3)} ms: ${(whole / own).toFixed(2)}\n`,
);
model.dispose();
