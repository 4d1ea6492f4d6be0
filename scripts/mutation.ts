/**
 * Changes the sampled source files one small thing at a time and asks the quick tests whether they notice:
 *   npm run test:mutation
 *   npm run test:mutation -- --mutants 40 --seed 7 --only sampler,frames
 * Needs a build (npm run test:mutation makes one). Works in copies outside of the repository.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { inRepository } from "./build/repository.ts";
import { wholeNumber } from "./fuzz/wholeNumber.ts";
import { drawSample } from "./mutation/drawSample.ts";
import { judgeMutants } from "./mutation/judgeMutants.ts";
import { measureTests } from "./mutation/measureTests.ts";
import { mutantsOf } from "./mutation/mutantsOf.ts";
import { describeJudgement, report } from "./mutation/report.ts";
import { SAMPLED_FILES } from "./mutation/sampledFiles.ts";
import { WorkingCopy } from "./mutation/workingCopy.ts";

const HELP = `Usage: npm run test:mutation -- [--mutants N] [--seed S] [--only PART,...] [--workers W]

  --mutants N  mutants of each file at most (default: 16)
  --seed S     the same seed draws the same mutants from the same sources (default: 1)
  --only P,... only sampled files whose path contains one of the words
  --workers W  mutants tried at the same time (default: one for each core, at most 2)

Exit codes: 0 every mutant was tried, 2 wrong command line. Survivors are for reading: some change nothing.`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Arguments {
  readonly files: readonly string[];
  readonly mutants: number;
  readonly seed: number;
  readonly workers: number;
}

/** @returns null if only help was asked for */
function readArguments(): Arguments | null {
  const { values } = parseArgs({
    options: {
      mutants: { type: "string", default: "16" },
      seed: { type: "string", default: "1" },
      only: { type: "string", default: "" },
      workers: { type: "string", default: `${Math.min(2, availableParallelism())}` },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return null;
  const words = values.only.split(",");
  const files = SAMPLED_FILES.filter((file) => words.some((word) => file.includes(word)));
  if (files.length === 0)
    throw new TypeError(
      `mutation: expected --only to name sampled files, got ${values.only}. They are listed in scripts/mutation/sampledFiles.ts.`,
    );
  return {
    files,
    mutants: wholeNumber("mutation", "mutants", values.mutants),
    seed: wholeNumber("mutation", "seed", values.seed),
    workers: Math.max(1, wholeNumber("mutation", "workers", values.workers)),
  };
}

async function mutate({ files, mutants: most, seed, workers }: Arguments): Promise<void> {
  const startMs = performance.now();
  const mutants = files.flatMap((file) => {
    const all = mutantsOf(file, readFileSync(inRepository(file), "utf8"));
    return drawSample(all, most, seed, file);
  });
  print(`mutation: ${mutants.length} mutants of ${files.length} files, --seed ${seed}`);
  const copies = Array.from({ length: workers }, () => new WorkingCopy());
  try {
    const tests = await measureTests(copies[0]?.root ?? "", files, print);
    const judgements = await judgeMutants(mutants, tests, copies, (judgement, done) =>
      print(`${done}/${mutants.length} ${describeJudgement(judgement)} ${judgement.by ?? ""}`),
    );
    print("");
    for (const line of report(judgements)) print(line);
  } finally {
    for (const copy of copies) copy.remove();
  }
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  print(`mutation: ${minutes} min, --seed ${seed} --mutants ${most}`);
}

let read: Arguments | null | undefined;
try {
  read = readArguments();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
if (read === null) print(HELP);
else if (read !== undefined) await mutate(read);
