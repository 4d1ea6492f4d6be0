/**
 * `npm run bench:rows`: what bounds one row of x, as a decoded token has it, on the cpu backend. Its product with a weight that no cache
 * holds is measured beside the same product with a weight that one does, beside the inner instructions of the same kernel from
 * registers alone, and beside a plain read of as many bytes: on one thread, and product and read on two. In turn, in time of the
 * processor; of every eight rounds the least times count, so that what others do on the machine is left out as far as it can be.
 */
import { Command } from "commander";
import { type CpuBackend, createCpuBackend } from "../engine/backend/cpu/cpuBackend.ts";
import { noteCheck } from "./measure/checks.ts";
import { type CodedDType, innerLoops } from "./measure/innerLoops.ts";
import { positive } from "./measure/positive.ts";
import { type ProductDType, productOf, rowsWithin } from "./measure/product.ts";
import { BLOCK, type Rate, Rates, timed } from "./measure/rates.ts";
import { recordedKernels } from "./measure/recordedKernels.ts";

const { mebibytes, rounds, history } = new Command("rows")
  .description("Products of one row over what a thread does from registers, and over a plain read")
  .option("--mebibytes <n>", "size of the weight that no cache holds", positive, 64)
  .option("--rounds <n>", "rounds after the warm-up", positive, 40)
  .option("--history", "note the results in bench/checks.jsonl")
  .parse()
  .opts<{ mebibytes: number; rounds: number; history?: true }>();

/** Of what a product is told the share. */
const OVER = {
  read: { way: "product", over: "read", words: "of what a thread reads" },
  "read of two": { way: "product of two", over: "read of two", words: "of what two threads read" },
  registers: {
    ...{ way: "product", over: "registers" },
    words: "of its inner instructions from registers",
  },
  "registers, close": {
    ...{ way: "close", over: "registers" },
    words: "of the same, with a weight that a cache holds",
  },
} as const;

interface Case {
  readonly words: string;
  readonly dtype: ProductDType;
  readonly arithmetic: "exact" | "i16";
  /** What bounds it, and the share that it is to reach. */
  readonly bound?: readonly [keyof typeof OVER, number];
}
const CASES: readonly Case[] = [
  { words: "Q4_K", dtype: "q4_k", arithmetic: "exact", bound: ["registers", 0.7] },
  { words: "Q4_K, i16", dtype: "q4_k", arithmetic: "i16" },
  { words: "Q8_0", dtype: "q8_0", arithmetic: "exact", bound: ["read of two", 0.6] },
  { words: "Q8_0, i16", dtype: "q8_0", arithmetic: "i16", bound: ["read of two", 0.6] },
  { words: "bf16", dtype: "bf16", arithmetic: "exact", bound: ["read of two", 0.6] },
];

/** Rows of the weight that a cache holds, and weights that are multiplied at a time from registers. */
const [CLOSE_ROWS, AT_ONCE] = [128, 2 ** 24];
const { row: loops } = await innerLoops();

/** A product with a weight of so many bytes, and a read of as many, both in weights. */
function ofDevice(backend: CpuBackend, dtype: ProductDType): { product: Rate; read: Rate } {
  const { run, multiplied, bytes } = productOf(
    backend,
    dtype,
    rowsWithin(dtype, mebibytes * 2 ** 20),
  );
  const read = backend.openLimits(bytes).kernels.find(({ name }) => name === "read");
  if (read === undefined) throw new Error("cpu: expected a kernel that reads, got none");
  return {
    product: timed(() => {
      run();
      return multiplied;
    }),
    read: timed(async () => ((await read.measure(bytes)).amount / bytes) * multiplied),
  };
}

async function ratesOf({ dtype, arithmetic }: Pick<Case, "dtype" | "arithmetic">): Promise<Rates> {
  const { backend: one, callsOf } = await recordedKernels(arithmetic);
  const two = await createCpuBackend({ threads: 2, arithmetic });
  const alone = ofDevice(one, dtype);
  const both = ofDevice(two, dtype);
  const close = productOf(one, dtype, CLOSE_ROWS);
  close.run();
  const calls = callsOf(close.run).filter(({ kernel }) => kernel === "matmul");
  const times = Math.ceil(AT_ONCE / close.multiplied);
  const ways: Record<string, Rate> = {
    product: alone.product,
    close: timed(() => {
      for (let i = 0; i < times; i++) for (const { again } of calls) again();
      return times * close.multiplied;
    }),
    ...(dtype !== "bf16" && { registers: timed(() => fromRegisters(dtype, arithmetic)) }),
    read: alone.read,
    "read again": alone.read,
    "product of two": both.product,
    "read of two": both.read,
  };
  const rates = await Rates.inTurn(ways, rounds);
  one.dispose();
  two.dispose();
  return rates;
}

function fromRegisters(dtype: CodedDType, arithmetic: "exact" | "i16"): number {
  return loops[dtype][arithmetic === "exact" ? 2 : 1](AT_ONCE);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
print(
  `${mebibytes} MiB, ${rounds} rounds in turn, time of the processor, least of every ${BLOCK} rounds`,
);
for (const { words, dtype, arithmetic, bound } of CASES) {
  const rates = await ratesOf({ dtype, arithmetic });
  const billions = (way: string) => rates.billions(way).toFixed(1);
  const registers = dtype === "bf16" ? "" : `, ${billions("registers")} from registers`;
  print(
    `\n${words}: ${billions("product")} G weights/s of a thread, ${billions("close")} from a cache${registers}, ${billions("read")} read`,
  );
  const resolution = Math.abs(rates.share("read again", "read") - 1);
  for (const [name, { way, over, words: what }] of Object.entries(OVER)) {
    if (!rates.has(over)) continue;
    const ratio = rates.share(way, over);
    const atLeast = bound?.[0] === name ? bound[1] : null;
    print(`  ${ratio.toFixed(3)} ${what}${atLeast === null ? "" : ` (at least ${atLeast})`}`);
    if (history && atLeast !== null)
      noteCheck({
        words: `${words}, one row: ${what}`,
        ...{ bound: { atLeast }, median: ratio, resolution, rounds },
        command: "npm run bench:rows",
      });
  }
}
process.exit(0);
