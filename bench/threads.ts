/**
 * `npm run bench:threads`: what threads of the cpu backend bring. Decoding and prefill of a model of Qwen2-0.5B's shape, cut to a
 * few layers, with random Q8_0 weights, on one thread and on several, measured in turn; then both again beside processes that
 * keep a core busy. Ratios count: 1.0 is one thread of the same rounds. The cost of a fork and join comes first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { loadavg } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { instantiateKernels } from "../engine/backend/cpu/instantiateKernels.ts";
import { Pool } from "../engine/backend/cpu/pool/pool.ts";
import { SPLIT_RULE } from "../engine/backend/cpu/pool/splitRule.ts";
import { openShape, prefillAndDecode } from "./measure/shapeOfQwen2.ts";
import { median } from "./measure/statistics.ts";

const positive = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("expected a whole number.");
};

const options = new Command("threads")
  .description("Several threads of the cpu backend over one")
  .option("--threads <n>", "threads beside one", positive, 2)
  .option("--layers <n>", "layers of the model", positive, 6)
  .option("--rounds <n>", "rounds after the warm-up", positive, 15)
  .option("--busy <n>", "busy processes in the second part", positive, 1)
  .parse()
  .opts<{ threads: number; layers: number; rounds: number; busy: number }>();

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Microseconds of a fork and join that has nothing to do, at once after another and after the workers have slept. */
async function forkAndJoin(threads: number): Promise<{ awake: number; asleep: number }> {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
  const rule = { ...SPLIT_RULE, chunksPerThread: 1, rests: false };
  const pool = new Pool({ ...(await instantiateKernels(memory, true)), memory, threads, rule });
  const once = (): number => {
    const from = performance.now();
    pool.run("add", { total: threads, ns: 1e9 }, [2 ** 20, 2 ** 20, 2 ** 20]);
    return 1000 * (performance.now() - from);
  };
  while (pool.doneByWorkers < 1000) once();
  const awake = median(Array.from({ length: 20_000 }, once));
  const asleep: number[] = [];
  for (let i = 0; i < 100; i++) {
    await new Promise((done) => setTimeout(done, 2));
    asleep.push(once());
  }
  pool.end();
  return { awake, asleep: median(asleep) };
}

const { awake, asleep } = await forkAndJoin(options.threads);
print(
  `fork and join of ${options.threads}: ${awake.toFixed(1)} us, of sleeping threads ${asleep.toFixed(1)} us`,
);
const devices = [
  await openShape(1, options.layers),
  await openShape(options.threads, options.layers),
] as const;

for (const busy of options.busy > 0 ? [0, options.busy] : [0]) {
  const load = loadavg()[0]?.toFixed(1);
  const processes: ChildProcess[] = Array.from({ length: busy }, () =>
    spawn(process.execPath, ["-e", "for (;;);"]),
  );
  const ratios = { prefill: [] as number[], decode: [] as number[] };
  const ones = { prefill: [] as number[], decode: [] as number[] };
  for (let round = -2; round < options.rounds; round++) {
    const [one, several] = [await prefillAndDecode(devices[0]), await prefillAndDecode(devices[1])];
    if (round < 0) continue;
    for (const work of ["prefill", "decode"] as const) {
      ones[work].push(one[work]);
      ratios[work].push(one[work] / several[work]);
    }
  }
  for (const child of processes) child.kill();
  for (const work of ["prefill", "decode"] as const)
    print(
      `${work} beside ${busy} busy processes: ${options.threads} threads are ${median(ratios[work]).toFixed(2)} x one (${Math.min(...ratios[work]).toFixed(2)} to ${Math.max(...ratios[work]).toFixed(2)}; one takes ${median(ones[work]).toFixed(1)} ms; load before ${load})`,
    );
}
for (const { backend } of devices) backend.dispose();
