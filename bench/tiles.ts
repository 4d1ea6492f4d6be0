/**
 * `npm run bench:tiles`: what bounds several rows of x, as a prompt has them, on the cpu backend. Their product with a weight that a cache
 * holds, unpacking and scales included, is measured on one thread beside the products and sums of the same kernel from registers alone.
 * In turn, in time of the processor.
 */
import { Command } from "commander";
import { innerLoops } from "./measure/innerLoops.ts";
import { positive } from "./measure/positive.ts";
import { productOf } from "./measure/product.ts";
import { BLOCK, Rates, timed } from "./measure/rates.ts";
import { recordedKernels } from "./measure/recordedKernels.ts";

const { tokens, rounds } = new Command("tiles")
  .description("Products of several rows over what a thread does from registers")
  .option("--tokens <n>", "rows of x", positive, 64)
  .option("--rounds <n>", "rounds after the warm-up", positive, 40)
  .parse()
  .opts<{ tokens: number; rounds: number }>();

const CASES = [
  { words: "Q8_0", dtype: "q8_0", arithmetic: "exact", limbs: 2 },
  { words: "Q8_0, i16", dtype: "q8_0", arithmetic: "i16", limbs: 1 },
  { words: "Q4_K", dtype: "q4_k", arithmetic: "exact", limbs: 2 },
  { words: "Q4_K, i16", dtype: "q4_k", arithmetic: "i16", limbs: 1 },
] as const;
/** Of the weight. */
const ROWS = 1024;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { tile } = await innerLoops();
print(
  `${tokens} rows of x, ${rounds} rounds in turn, time of the processor, least of every ${BLOCK} rounds`,
);
for (const { words, dtype, arithmetic, limbs } of CASES) {
  const { backend } = await recordedKernels(arithmetic);
  const { run, multiplied } = productOf(backend, dtype, ROWS, tokens);
  const fromRegisters = timed(() => tile(limbs * multiplied) / limbs);
  const product = timed(() => {
    run();
    return multiplied;
  });
  const rates = await Rates.inTurn({ product, registers: fromRegisters }, rounds);
  backend.dispose();
  const share = rates.share("product", "registers");
  print(
    `${words}: ${rates.billions("product").toFixed(1)} G weights/s, ${share.toFixed(3)} of its products and sums from registers`,
  );
}
process.exit(0);
