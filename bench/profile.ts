/**
 * `npm run bench:profile`: where prefill and decode spend their time on the cpu backend, by operator. Every operator of a step is
 * executed alone, on one thread. Of each the least time of all rounds counts, on the clock or of the processor, so that what others
 * do on the machine is left out. GFLOP/s are those of the operator's own arithmetic, GB/s those of a product's weight
 * as it is stored and of cached rows; see engine/cost/operatorCost.ts for what counts.
 */
import { Command, Option } from "commander";
import type { Arithmetic } from "../engine/backend/backend.ts";
import { createCpuBackend } from "../engine/backend/cpu/cpuBackend.ts";
import type { Step } from "../engine/backend/deviceTensor.ts";
import type { Operator } from "../engine/backend/operators.ts";
import { chunkCost } from "../engine/cost/costOf.ts";
import { createModel } from "../engine/createModel.ts";
import { openGguf } from "../engine/weights/gguf/openGguf.node.ts";
import { openCheckpoint } from "../engine/weights/openCheckpoint.node.ts";
import { resolveModel } from "../engine/weights/resolveModel.node.ts";
import { promptIds } from "./contenders/protocol.ts";
import { positive } from "./measure/positive.ts";

const options = new Command("profile")
  .description("Time of prefill and decode by operator, on the cpu backend")
  .option("--model <name>", "model name, folder or Hugging Face id", "tiny")
  .option("--prompt-tokens <n>", "prompt length", positive, 256)
  .option("--new-tokens <n>", "decoded tokens", positive, 16)
  .option("--rounds <n>", "rounds after the warm-up", positive, 20)
  .addOption(new Option("--arithmetic <name>").choices(["exact", "i16"]).default("exact"))
  .parse()
  .opts<{
    model: string;
    promptTokens: number;
    newTokens: number;
    rounds: number;
    arithmetic: Arithmetic;
  }>();

type Phase = "prefill" | "decode";

/** One operator in one step. */
interface Call {
  readonly phase: Phase;
  readonly name: string;
  readonly flops: number;
  readonly bytes: number;
  ms: number;
}

const backend = await createCpuBackend({ threads: 1, arithmetic: options.arithmetic });
/** The calls of the round in progress. */
let calls: Call[] = [];
const { execute } = backend;
backend.execute = (program, step) => {
  for (const operator of program) {
    const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
    execute.call(backend, [operator], step);
    const wallMs = performance.now() - startedAt;
    const cpu = process.cpuUsage(cpuBefore);
    // The processor's time counts whole microseconds, so that of a short operator can be 0.
    const ms = wallMs < 0.1 ? wallMs : Math.min(wallMs, (cpu.user + cpu.system) / 1000);
    const phase = step.nTokens > 1 ? "prefill" : "decode";
    calls.push({ phase, name: nameOf(operator), ...workOf(operator, step), ms });
  }
};

/** The kind, and of a product the shape of its weight. */
function nameOf(operator: Operator): string {
  if (operator.kind !== "matmul") return operator.kind;
  const { shape, dtype } = operator.weight;
  return `matmul ${shape.join(" x ")} ${dtype}`;
}

function workOf(operator: Operator, { nTokens, start }: Step): { flops: number; bytes: number } {
  const operators = [{ operator, costClass: "dense" as const }]; // of any: they are added up
  const step = { start, nTokens, operators, durationMs: null };
  const costs = chunkCost({ ...step, phase: "prefill" }, () => 0);
  const work = { flops: 0, bytes: operator.kind === "matmul" ? operator.weight.sizeBytes : 0 };
  for (const { flops, kvReadBytes } of costs) {
    work.flops += flops;
    work.bytes += kvReadBytes;
  }
  return work;
}

const { location } = await resolveModel(options.model, {});
const checkpoint = location.endsWith(".gguf")
  ? await openGguf(location)
  : await openCheckpoint(location);
const model = await createModel(checkpoint, { tokenizer: null, backend });
await checkpoint.close();
const prompt = promptIds(options.promptTokens, model.spec.nVocab);
const sampling = { temperature: 0, ignoreEos: true, stop: [] };

let best: Call[] = [];
for (let round = -3; round < options.rounds; round++) {
  calls = [];
  const generation = model.generate(prompt, { ...sampling, maxTokens: options.newTokens + 1 });
  for await (const _ of generation);
  generation.run.dispose();
  if (round <= 0) best = calls;
  for (const [i, call] of best.entries())
    call.ms = Math.min(call.ms, calls[i]?.ms ?? Number.POSITIVE_INFINITY);
}

process.stdout.write(`${model}\n`);
for (const phase of ["prefill", "decode"] as const) {
  const ofPhase = best.filter((call) => call.phase === phase);
  const totalMs = ofPhase.reduce((sum, { ms }) => sum + ms, 0);
  const tokens = phase === "prefill" ? options.promptTokens : options.newTokens;
  process.stdout.write(
    `\n${phase} of ${tokens} tokens: operators take ${totalMs.toFixed(2)} ms, ${((1000 * tokens) / totalMs).toFixed(0)} tokens/s\n`,
  );
  const rows = [...new Set(ofPhase.map(({ name }) => name))].map((name) => {
    const group = ofPhase.filter((call) => call.name === name);
    return {
      name,
      calls: group.length,
      ms: group.reduce((sum, call) => sum + call.ms, 0),
      flops: group.reduce((sum, call) => sum + call.flops, 0),
      bytes: group.reduce((sum, call) => sum + call.bytes, 0),
    };
  });
  for (const { name, calls: count, ms, flops, bytes } of rows.toSorted((a, b) => b.ms - a.ms)) {
    const share = `${((100 * ms) / totalMs).toFixed(1).padStart(5)} %`;
    const each = `${String(count).padStart(5)} calls of ${((1000 * ms) / count).toFixed(1).padStart(7)} us`;
    const rate = `${(flops / ms / 1e6).toFixed(1).padStart(6)} GFLOP/s  ${(bytes / ms / 1e6).toFixed(1).padStart(5)} GB/s`;
    process.stdout.write(`${share}  ${ms.toFixed(3).padStart(9)} ms  ${each}  ${rate}  ${name}\n`);
  }
}
model.dispose();
