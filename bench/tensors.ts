/**
 * `npm run bench:tensors`: operations of tensors on the host beside the least that a backend would need for them: the way of the numbers
 * there, or there and back, and the kernels that there are already. In turn, least of the rounds, in nanoseconds of the processor, all
 * threads together, for a number; the cpu backend has one thread, so that none waits busily.
 */
import { Command } from "commander";
import type { Backend } from "../engine/backend/backend.ts";
import { createCpuBackend } from "../engine/backend/cpu/cpuBackend.ts";
import { openBackend } from "../engine/backend/openBackend.node.ts";
import type { Operator } from "../engine/backend/operators.ts";
import { Tensor } from "../engine/tensor/tensor.ts";
import { positive } from "./measure/positive.ts";

const { rounds } = new Command("tensors")
  .description("Operations of tensors on the host beside a backend's transfers and kernels")
  .option("--rounds <n>", "rounds after the warm-up", positive, 60)
  .parse()
  .opts<{ rounds: number }>();

const SHAPES = [
  { words: "rows of logits", shape: [8, 16384] },
  { words: "rows of maps", shape: [512, 256] },
  { words: "few rows of maps", shape: [32, 256] },
] as const;
const WARM_UP = 40;
/** Numbers of a line that are asked for where its largest are. */
const TOP = 5;

interface Way {
  readonly words: string;
  readonly run: () => unknown;
}

/** Numbers between -4 and 4 that repeat from run to run. */
function numbersOf(size: number): Float32Array<ArrayBuffer> {
  let state = 7;
  const numbers = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    numbers[i] = state / 2 ** 28 - 4;
  }
  return numbers;
}

function onHost(x: Tensor): Way[] {
  return [-1, 0].flatMap((axis) => {
    const along = axis === 0 ? "first axis" : "last axis";
    return [
      { words: `host: softmax, ${along}`, run: () => x.softmax(axis) },
      { words: `host: logSoftmax, ${along}`, run: () => x.logSoftmax(axis) },
      { words: `host: topK of ${TOP}, ${along}`, run: () => x.topK(TOP, axis) },
      { words: `host: mean, ${along}`, run: () => x.mean(axis) },
      { words: `host: norm, ${along}`, run: () => x.norm(axis) },
    ];
  });
}

/** What a backend needs at least: numbers that arrive there, and come back where the result is as large. */
function onBackend(backend: Backend, x: Tensor): Way[] {
  const { name } = backend.info;
  const [rows = 1, width = 1] = x.shape;
  const there = backend.alloc([rows, width], "f32", "numbers");
  const one = backend.alloc([rows, 1], "f32", "sums");
  const ones = backend.allocWeight([1, width], "f32", "ones");
  const bytes = new Uint8Array(new Float32Array(width).fill(1).buffer);
  backend.writeWeight(ones, 0, { dtype: "f32", data: bytes });
  const send = () => backend.write(there, 0, x.data);
  const sides = { x: there, weight: ones, bias: null, residual: null, out: one };
  const program: readonly Operator[] = [{ kind: "matmul", rows: "tokens", ...sides }];
  const all = Array.from({ length: rows }, (_, row) => row);
  const sums = backend.softmaxSums?.bind(backend);
  const softmaxRows = backend.softmaxRows?.bind(backend);
  const places = backend.alloc([rows, TOP], "i32", "places");
  const topKRows = backend.topKRows?.bind(backend);
  const first = async () => {
    send();
    await backend.read(there, 0, 1);
  };
  return [
    { words: `${name}: there`, run: first },
    {
      words: `${name}: there and back`,
      run: async () => {
        send();
        await backend.read(there);
      },
    },
    {
      words: `${name}: there, sums of rows in f32 by matmul`,
      run: async () => {
        send();
        backend.execute(program, { nTokens: rows, start: 0 });
        await backend.read(one);
      },
    },
    ...(sums === undefined
      ? []
      : [
          {
            words: `${name}: there, sums of e^x in f64 by softmaxSums`,
            run: async () => {
              await first();
              sums(there, all);
            },
          },
        ]),
    ...(softmaxRows === undefined
      ? []
      : [false, true].map((isLog) => ({
          words: `${name}: there and back, ${isLog ? "logSoftmax" : "softmax"} by softmaxRows`,
          run: async () => {
            const out = backend.alloc([rows, width], "f32", "out");
            send();
            softmaxRows(there, out, isLog);
            await backend.read(out);
            backend.free(out);
          },
        }))),
    ...(topKRows === undefined
      ? []
      : [
          {
            words: `${name}: there, topK of ${TOP} by topKRows`,
            run: async () => {
              send();
              topKRows(there, places);
              await backend.read(places);
            },
          },
        ]),
  ];
}

async function leastOf(ways: readonly Way[]): Promise<number[]> {
  const least = ways.map(() => Number.POSITIVE_INFINITY);
  for (let round = -WARM_UP; round < rounds; round++)
    for (const [i, { run }] of ways.entries()) {
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) least[i] = Math.min(least[i] as number, user + system);
    }
  return least;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
for (const { words, shape } of SHAPES) {
  const cpu = await createCpuBackend({ threads: 1 });
  const backends: Backend[] = [cpu, (await openBackend("webgpu")).backend];
  const size = shape[0] * shape[1];
  const x = new Tensor(numbersOf(size), shape);
  const ways = [...onHost(x), ...backends.flatMap((backend) => onBackend(backend, x))];
  const least = await leastOf(ways);
  print(`${words} (${shape.join(", ")}); ${backends.map(({ info }) => info.device).join("; ")}`);
  for (const [i, way] of ways.entries())
    print(`  ${way.words.padEnd(52)} ${(((least[i] as number) * 1e3) / size).toFixed(2)} ns`);
  for (const backend of backends) backend.dispose();
}
