/**
 * Runs the suites again and again and tells what failed and how often: a suite that says the same every time says it here.
 *   npm run test:repeat -- 20 --load
 *   npm run test:repeat -- 50 --load browser conformance
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type BundledTests, bundleTests } from "./test/bundleTests.ts";
import {
  type RepeatTask,
  type Round,
  repeatSummary,
  roundsDone,
  treeState,
  writeRepeat,
} from "./test/repeatRecord.ts";
import { runTestFiles } from "./test/runTestFiles.ts";
import { selectTestFiles } from "./test/selectTestFiles.ts";
import { prepareTests } from "./test/testRun.ts";
import { longestFirst, readTestTimes } from "./test/testTimes.ts";

const USAGE = `npm run test:repeat -- TIMES [--load] [--quick] [--continue] [FILTER ...]
  --load      keep one core busy all the while
  --quick     the quick tier
  --continue  count the rounds that were done before it was stopped, of the same commit, and do the others
  FILTER      as of npm test`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** A thread that computes without end: it dies with this process whatever ends that. */
const keepCoreBusy = (): Worker => new Worker("for (;;);", { eval: true });

/** Everything once. What does not pass is printed with what it said. */
async function doRound(files: readonly string[], bundled: BundledTests): Promise<Round> {
  const startMs = performance.now();
  const lines: string[] = [];
  const inOrder = longestFirst(files, readTestTimes());
  const results = await runTestFiles(inOrder, bundled, (line) => lines.push(line));
  const problems = results.flatMap(({ failures, notRun }) => [...failures, ...notRun]);
  if (problems.length > 0)
    for (const line of lines.filter((text) => !text.startsWith("ok "))) print(line);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  return { seconds: Math.round((performance.now() - startMs) / 1000), passed, problems };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      load: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      continue: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const [count = "", ...filters] = positionals;
  const times = Number(count);
  if (values.help || !Number.isInteger(times) || times < 1) {
    if (!values.help) print(`test:repeat: expected how many times, got "${count}".`);
    print(USAGE);
    return values.help ? 0 : 2;
  }
  const task: RepeatTask = {
    ...treeState(),
    isLoaded: values.load,
    isQuick: values.quick,
    filters,
  };
  const rounds: Round[] = [];
  try {
    if (values.continue) rounds.push(...roundsDone(task));
  } catch (error) {
    print((error as Error).message);
    return 2;
  }
  const files = selectTestFiles(filters, values.quick);
  const unmet = prepareTests(files, values.quick, print);
  for (const line of unmet) print(line);
  if (unmet.length > 0) return 1;
  const bundled = await bundleTests(files);
  const busy = values.load ? keepCoreBusy() : null;
  const summarise = (): void => {
    for (const line of repeatSummary(rounds, values.load)) print(line);
  };
  process.once("SIGINT", () => {
    summarise(); // of what there is: twenty rounds take hours
    process.exit(130);
  });
  while (rounds.length < times) {
    const round = await doRound(files, bundled);
    rounds.push(round);
    writeRepeat({ task, rounds });
    const { passed, problems, seconds } = round;
    const not = problems.length > 0 ? ", not all" : "";
    print(`round ${rounds.length} of ${times}: ${passed} passed${not}, ${seconds} s`);
  }
  await busy?.terminate();
  summarise();
  return rounds.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

process.exitCode = await main();
