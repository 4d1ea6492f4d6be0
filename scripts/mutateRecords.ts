/**
 * Damages records, manifests, logs and tables of samples until so many have been read or refused by name, with another seed each round;
 * whatever else comes of one ends it with the seed that repeats it:
 *   npm run fuzz:records
 *   npm run fuzz:records -- --count 20000 --seed 7
 * The first seed, also taken from TEST_SEED, is a random one else.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { inRepository } from "./build/repository.ts";
import { wholeNumber } from "./fuzz/wholeNumber.ts";

const SUITES = ["records", "evaluations", "samples"];

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: process.env.TEST_SEED ?? `${randomInt(2 ** 30)}` },
  },
});
const count = wholeNumber("fuzz:records", "count", values.count);
const first = wholeNumber("fuzz:records", "seed", values.seed);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

let [read, refused] = [0, 0];
for (let seed = first; read + refused < count; seed++)
  for (const suite of SUITES) {
    const { status, signal, stdout } = spawnSync(
      process.execPath,
      [
        ...["--import", inRepository("scripts/typescript/register.mjs")],
        ...["--test-reporter", "tap", inRepository(`test/fuzz/${suite}.test.ts`)],
      ],
      { encoding: "utf8", env: { ...process.env, TEST_SEED: String(seed) } },
    );
    if (signal !== null) throw new Error(`fuzz:records: ${suite} was ended by ${signal}`);
    if (status !== 0) {
      print(stdout);
      throw new Error(`FOUND: TEST_SEED=${seed} npm test -- fuzz/${suite} fails`);
    }
    const told = [...stdout.matchAll(/: (\d+) read, (\d+) refused, /g)];
    if (told.length === 0) throw new Error(`fuzz:records: ${suite} does not say what it read`);
    for (const [, some, others] of told) {
      read += Number(some);
      refused += Number(others);
    }
    print(`seed ${seed}, ${suite}: ${read} read and ${refused} refused by name so far`);
  }
