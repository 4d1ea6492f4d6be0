/**
 * `npm run bench`: load time, prefill and decode speed of one model on every backend, with transformers as the
 * peer of the same run when PEER_PYTHON names a Python that has torch and transformers.
 *
 * Rows go to bench/history.jsonl. Absolute numbers belong to the machine that printed them; the ratio to the peer of
 * the same run is what can be compared.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { BackendError, loadModel, type Model } from "../engine/index.node.ts";

type BackendChoice = "cpu" | "webgpu" | "reference";

interface Timings {
  readonly loadSeconds: number;
  readonly prefillSeconds: readonly number[];
  readonly decodeSeconds: readonly number[];
}

interface OwnTimings extends Timings {
  /** From the last token to a generation that has ended, with a run over all its tokens. */
  readonly endSeconds: readonly number[];
}

interface Row {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
  readonly model: string;
  readonly backend: string;
  readonly device: string;
  readonly driver: string;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly loadMs: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly decodeTokensPerSecondRange: readonly [number, number];
  /** Bytes the plan says one decoded token moves, times decoded tokens per second. */
  readonly decodeGBPerSecond: number | null;
  readonly decodeOverPeer: number | null;
  /** What comes after the last token, which no peer has: null for those. */
  readonly afterLastTokenMs: number | null;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("expected a whole number above 0.");
  return value;
};

const program = new Command("bench")
  .description("Load, prefill and decode speed per backend; appends to bench/history.jsonl")
  .option("--model <name>", "model name, folder or Hugging Face id", "tiny")
  .option("--backends <list>", "comma-separated", "cpu,webgpu")
  .option("--prompt-tokens <n>", "prompt length", positive, 256)
  .option("--new-tokens <n>", "decoded tokens per repeat", positive, 128)
  .option("--repeats <n>", "counted repeats after one warm-up", positive, 5)
  .option("--no-history", "print only")
  .parse();
const options = program.opts<{
  model: string;
  backends: string;
  promptTokens: number;
  newTokens: number;
  repeats: number;
  history: boolean;
}>();

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
};

const promptIds = (vocabulary: number): number[] =>
  Array.from({ length: options.promptTokens }, (_, i) => (7919 * i + 13) % vocabulary);

/**
 * Decoding runs to the full length: no stop token ends it, so every repeat does the same work. It is timed to its last
 * token, as the peer's is; the run that is made of it afterwards is timed apart.
 */
async function timeGeneration(model: Model) {
  const generation = model.generate(promptIds(model.spec.nVocab), {
    maxTokens: options.newTokens + 1,
    temperature: 0,
    ignoreEos: true,
  });
  const started = performance.now();
  const atToken: number[] = [];
  for await (const _ of generation) atToken.push(performance.now());
  const ended = performance.now();
  generation.run.dispose();
  const [first = Number.NaN, last = Number.NaN] = [atToken[0], atToken.at(-1)];
  return {
    prefill: (first - started) / 1000,
    decode: (last - first) / 1000,
    end: (ended - last) / 1000,
  };
}

async function measure(name: BackendChoice): Promise<{ timings: OwnTimings; model: Model }> {
  const started = performance.now();
  const model = await loadModel(options.model, { backend: name });
  const loadSeconds = (performance.now() - started) / 1000;
  const prefillSeconds: number[] = [];
  const decodeSeconds: number[] = [];
  const endSeconds: number[] = [];
  await timeGeneration(model);
  for (let i = 0; i < options.repeats; i++) {
    const { prefill, decode, end } = await timeGeneration(model);
    prefillSeconds.push(prefill);
    decodeSeconds.push(decode);
    endSeconds.push(end);
  }
  return { timings: { loadSeconds, prefillSeconds, decodeSeconds, endSeconds }, model };
}

function peerTimings(folder: string): Timings | null {
  const python = process.env.PEER_PYTHON;
  if (!python) return null;
  const script = fileURLToPath(new URL("./transformersPeer.py", import.meta.url));
  const { promptTokens, newTokens, repeats } = options;
  const args = [script, folder, promptTokens, newTokens, repeats, os.availableParallelism()].map(
    String,
  );
  const result = spawnSync(python, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const line = result.stdout.trim().split("\n").at(-1) ?? "";
  if (result.status !== 0 || !line.startsWith("{"))
    throw new Error(
      `bench: expected ${python} to run transformersPeer.py, got exit status ${result.status}. Unset PEER_PYTHON or install torch and transformers there.`,
    );
  return JSON.parse(line) as Timings;
}

const rate = (tokens: number, seconds: number): number => tokens / seconds;
const show = (value: number): string => value.toFixed(value < 10 ? 2 : 0);

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const machine = `${os.cpus()[0]?.model ?? "unknown"} x${os.availableParallelism()}, ${os.platform()}`;
const { promptTokens, newTokens } = options;

const results: Row[] = [];
let peer: Timings | null | undefined;
for (const name of options.backends.split(",") as BackendChoice[]) {
  const measured = await measure(name).catch((error: unknown) => {
    if (!(error instanceof BackendError)) throw error;
    process.stdout.write(`${options.model} on ${name}: not measured. ${error.message}\n`);
    return null;
  });
  if (measured === null) continue;
  const { timings, model } = measured;
  if (peer === undefined) peer = peerTimings(model.location);
  const decodeSeconds = median(timings.decodeSeconds);
  const run = await model.run(promptIds(model.spec.nVocab));
  const next = run.cost().nextDecode;
  const tokenBytes = next.weightBytes + next.kvReadBytes + next.kvWriteBytes;
  const rates = timings.decodeSeconds.map((seconds) => rate(newTokens, seconds));
  results.push({
    at: new Date().toISOString(),
    commit,
    machine,
    model: model.name,
    backend: name,
    device: model.backend.device,
    driver: model.backend.driver,
    promptTokens,
    newTokens,
    loadMs: timings.loadSeconds * 1000,
    prefillTokensPerSecond: rate(promptTokens, median(timings.prefillSeconds)),
    decodeTokensPerSecond: rate(newTokens, decodeSeconds),
    decodeTokensPerSecondRange: [Math.min(...rates), Math.max(...rates)],
    decodeGBPerSecond: (rate(newTokens, decodeSeconds) * tokenBytes) / 1e9,
    decodeOverPeer: peer ? median(peer.decodeSeconds) / decodeSeconds : null,
    afterLastTokenMs: median(timings.endSeconds) * 1000,
  });
  model.dispose();
}
if (peer) {
  const rates = peer.decodeSeconds.map((seconds) => rate(newTokens, seconds));
  results.push({
    at: new Date().toISOString(),
    commit,
    machine,
    model: options.model,
    backend: "peer: transformers eager f32",
    device: "CPU",
    driver: "torch",
    promptTokens,
    newTokens,
    loadMs: peer.loadSeconds * 1000,
    prefillTokensPerSecond: rate(promptTokens, median(peer.prefillSeconds)),
    decodeTokensPerSecond: rate(newTokens, median(peer.decodeSeconds)),
    decodeTokensPerSecondRange: [Math.min(...rates), Math.max(...rates)],
    decodeGBPerSecond: null,
    decodeOverPeer: 1,
    afterLastTokenMs: null,
  });
}

for (const row of results) {
  const [low, high] = row.decodeTokensPerSecondRange;
  process.stdout.write(
    `${row.model} on ${row.backend} (${row.device}): load ${show(row.loadMs)} ms, prefill ${show(row.prefillTokensPerSecond)} tok/s, ` +
      `decode ${show(row.decodeTokensPerSecond)} tok/s (${show(low)} to ${show(high)})` +
      `${row.decodeGBPerSecond === null ? "" : `, ${show(row.decodeGBPerSecond)} GB/s`}` +
      `${row.decodeOverPeer === null ? "" : `, ${show(row.decodeOverPeer)}x the peer`}\n`,
  );
  if (row.afterLastTokenMs !== null)
    process.stdout.write(
      `${row.model} on ${row.backend}: ${show(row.afterLastTokenMs)} ms more from the last token to the finished run\n`,
    );
  if (options.history)
    appendFileSync(new URL("./history.jsonl", import.meta.url), `${JSON.stringify(row)}\n`);
}
