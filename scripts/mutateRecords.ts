/**
 * Damages records, manifests, logs and tables of samples until so many have been read or refused by name, with other seeds each time; whatever
 * else comes of one ends it with the seed that repeats it:
 *   npm run fuzz:records
 *   npm run fuzz:records -- --count 20000 --seed 7
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { inRepository } from "./build/repository.ts";

const SUITES = ["records", "evaluations", "samples"];

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: process.env.TEST_SEED ?? "1" },
  },
});
const count = Number(values.count);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

let [read, refused] = [0, 0];
for (let seed = Number(values.seed); read + refused < count; seed++)
  for (const suite of SUITES) {
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        ...["--import", inRepository("scripts/typescript/register.mjs")],
        ...["--test-reporter", "tap", inRepository(`test/fuzz/${suite}.test.ts`)],
      ],
      { encoding: "utf8", env: { ...process.env, TEST_SEED: String(seed) } },
    );
    if (status !== 0) {
      print(stdout);
      throw new Error(`FOUND: TEST_SEED=${seed} npm test -- fuzz/${suite} fails`);
    }
    for (const [, some, others] of stdout.matchAll(/: (\d+) read, (\d+) refused, /g)) {
      read += Number(some);
      refused += Number(others);
    }
    print(`seed ${seed}, ${suite}: ${read} read and ${refused} refused by name so far`);
  }
