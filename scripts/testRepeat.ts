/**
 * Runs the suites again and again and tells what failed and how often: a suite that says the same every time says it here.
 *   npm run test:repeat -- 20 --load
 *   npm run test:repeat -- 50 --load browser conformance
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Failure, FileResult } from "./test/runTestFile.ts";
import { runTestFiles } from "./test/runTestFiles.ts";
import { selectTestFiles } from "./test/selectTestFiles.ts";
import { prepareTests } from "./test/testRun.ts";
import { longestFirst, readTestTimes } from "./test/testTimes.ts";

const USAGE = `npm run test:repeat -- TIMES [--load] [--quick] [FILTER ...]
  --load     keep one core busy all the while
  --quick    the quick tier
  FILTER     as of npm test`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** A thread that computes without end: it dies with this process whatever ends that. */
const keepCoreBusy = (): Worker => new Worker("for (;;);", { eval: true });

interface Sight {
  readonly rounds: number[];
  /** Of the last time. */
  failure: Failure;
}

function note(sights: Map<string, Sight>, round: number, results: readonly FileResult[]): void {
  for (const failure of results.flatMap(({ failures, notRun }) => [...failures, ...notRun])) {
    const sight = sights.get(failure.name) ?? { rounds: [], failure };
    sight.rounds.push(round);
    sight.failure = failure;
    sights.set(failure.name, sight);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      load: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const [count = "", ...filters] = positionals;
  const rounds = Number(count);
  if (values.help || !Number.isInteger(rounds) || rounds < 1) {
    if (!values.help) print(`test:repeat: expected how many times, got "${count}".`);
    print(USAGE);
    return values.help ? 0 : 2;
  }
  const files = selectTestFiles(filters, values.quick);
  const unmet = prepareTests(files, values.quick, print);
  for (const line of unmet) print(line);
  if (unmet.length > 0) return 1;
  const busy = values.load ? keepCoreBusy() : null;
  const sights = new Map<string, Sight>();
  let [green, done] = [0, 0];
  const summary = (): void => {
    for (const [name, { rounds: when, failure }] of sights)
      print(`${when.length} of ${done}  ${name} (rounds ${when.join(", ")})\n${failure.reason}`);
    print(`${green} of ${done} rounds passed${values.load ? " with one core kept busy" : ""}`);
  };
  process.once("SIGINT", () => {
    summary(); // of what there is: twenty rounds take hours
    process.exit(130);
  });
  for (let round = 1; round <= rounds; round++) {
    const startMs = performance.now();
    const lines: string[] = [];
    const results = await runTestFiles(longestFirst(files, readTestTimes()), (line) =>
      lines.push(line),
    );
    const isGreen = results.every(({ failures, notRun }) => failures.length + notRun.length === 0);
    const passed = results.reduce((sum, result) => sum + result.passed, 0);
    note(sights, round, results);
    done = round;
    if (isGreen) green += 1;
    else for (const line of lines.filter((text) => !text.startsWith("ok "))) print(line);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    print(
      `round ${round} of ${rounds}: ${passed} passed${isGreen ? "" : ", not all"}, ${seconds} s`,
    );
  }
  await busy?.terminate();
  summary();
  return green === rounds ? 0 : 1;
}

process.exitCode = await main();
