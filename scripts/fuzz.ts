/**
 * Attacks real processes with mutated ZMQ messages, WebSocket messages and HTTP requests, as many as are asked for:
 *   npm run fuzz
 *   npm run fuzz -- --count 20000 --seed 7 --only http
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { FUZZ_TARGETS, type FuzzTargetName } from "./fuzz/fuzzTargets.ts";
import { wholeNumber } from "./fuzz/wholeNumber.ts";

const HELP = `Usage: npm run fuzz -- [--count N] [--seed S] [--only zmq|websocket|http]

  --count N   inputs in all, shared by the targets evenly (default: 1000000)
  --seed S    the same seed sends the same inputs (default: a random one, which is printed)
  --only T    one target: zmq, websocket or http

Exit codes: 0 nothing found, 1 something found, 2 wrong command line.`;

/** Far above what a process needs that holds on to nothing it was sent. */
const MOST_MEMORY_BYTES = 1.5 * 2 ** 30;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Arguments {
  readonly count: number;
  readonly seed: number;
  readonly names: readonly FuzzTargetName[];
}

/** @returns null if only help was asked for */
function readArguments(): Arguments | null {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "1000000" },
      seed: { type: "string", default: `${randomInt(2 ** 31)}` },
      only: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return null;
  const all = Object.keys(FUZZ_TARGETS) as FuzzTargetName[];
  const names = values.only === undefined ? all : all.filter((name) => name === values.only);
  if (names.length === 0)
    throw new TypeError(`fuzz: expected --only ${all.join(", ")}, got ${values.only}.`);
  return {
    count: wholeNumber("fuzz", "count", values.count),
    seed: wholeNumber("fuzz", "seed", values.seed),
    names,
  };
}

async function fuzz({ count, seed, names }: Arguments): Promise<number> {
  const share = Math.ceil(count / names.length);
  let findings = 0;
  for (const name of names) {
    print(`${name}: ${share} inputs, --seed ${seed}`);
    const startMs = Date.now();
    let nextMs = startMs + 10_000;
    const onProgress = (done: number): void => {
      if (Date.now() < nextMs) return;
      nextMs = Date.now() + 10_000;
      print(`${name}: ${done} of ${share}, ${Math.round((Date.now() - startMs) / 1000)} s`);
    };
    try {
      const tally = await FUZZ_TARGETS[name]({
        count: share,
        seed,
        mostMemoryBytes: MOST_MEMORY_BYTES,
        onProgress,
      });
      const fates = Object.entries(tally).map(([fate, number]) => `${number} ${fate}`);
      print(
        `${name}: nothing found in ${Math.round((Date.now() - startMs) / 1000)} s; ${fates.join(", ")}`,
      );
    } catch (error) {
      findings++;
      print(`${name}: FOUND with --seed ${seed}: ${(error as Error).stack}`);
    }
  }
  return findings;
}

try {
  const read = readArguments();
  if (read === null) print(HELP);
  else process.exitCode = (await fuzz(read)) === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}\n`);
  process.exitCode = 2;
}
