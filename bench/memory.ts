/**
 * `npm run bench:memory`: what runs of a model of 24 layers, 4 heads of 64, hold on the device at several lengths. Up to
 * --computed tokens everything is computed; longer runs leave the arithmetic out and do all else, so that every tensor is
 * allocated, copied and freed as it would be. Weights are random.
 */
import { Command } from "commander";
import type { Keep } from "../engine/plan/keptValues.ts";
import { TOY_VOCABULARY, toyModel } from "./synthetic/toyModel.ts";

const options = new Command("memory")
  .description("Bytes on the device by length, key heads and keep policy")
  .option("--computed <n>", "lengths up to this are computed", "1024")
  .option("--lengths <list>", "comma-separated", "512,1024,2048,4096,8192,16384,32768")
  .parse()
  .opts<{ computed: string; lengths: string }>();
const lengths = options.lengths.split(",").map(Number);

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1).padStart(9);
const print = (line: string) => process.stdout.write(`${line}\n`);

for (const nKvHeads of [2, 4])
  for (const keep of ["routes", "attention"] satisfies Keep[]) {
    const { backend, model } = await toyModel(nKvHeads);
    const { alloc, execute } = backend;
    let peak = 0;
    backend.alloc = (...given) => {
      const tensor = alloc.apply(backend, given);
      peak = Math.max(peak, backend.memory.bytes);
      return tensor;
    };
    const loaded = backend.memory.bytes;
    print(
      `\n4 heads over ${nKvHeads} of keys, keep: ${keep} (weights ${megabytes(loaded).trim()} MB)`,
    );
    print("   tokens    peak MB    kept MB   estimated  bytes a token");
    let before: { readonly length: number; readonly kept: number } | null = null;
    for (const length of lengths) {
      backend.execute = length > Number(options.computed) ? () => undefined : execute.bind(backend);
      peak = 0;
      const ids = Array.from({ length }, (_, i) => (31 * i) % TOY_VOCABULARY);
      const { totalBytes, logitsBytes } = model.estimate(ids, { keep });
      const run = await model.run(ids, { keep, budget: Number.POSITIVE_INFINITY });
      model.freeIdle();
      const kept = backend.memory.bytes - loaded;
      const slope =
        before === null ? "" : ((kept - before.kept) / (length - before.length)).toFixed(0);
      print(
        `${String(length).padStart(9)}  ${megabytes(peak)}  ${megabytes(kept)}   ${megabytes(totalBytes - logitsBytes)}  ${slope.padStart(13)}`,
      );
      before = { length, kept };
      run.dispose();
    }
    model.dispose();
  }
