import type { MeasuredTest } from "./measureTests.ts";
import type { Mutant } from "./mutantsOf.ts";
import { runTestIn } from "./runTestIn.ts";
import { testsFor } from "./testsFor.ts";
import type { WorkingCopy } from "./workingCopy.ts";

export interface Judgement {
  readonly mutant: Mutant;
  readonly fate: "killed" | "timed out" | "survived" | "not run";
  /** The test that noticed. */
  readonly by: string | null;
}

/** How long a test may take before its mutant counts as one that never ends. A busy machine is slow, so: much. */
const limitMs = (test: MeasuredTest): number => 20_000 + 8 * test.durationMs;

async function judge(
  mutant: Mutant,
  tests: readonly MeasuredTest[],
  copy: WorkingCopy,
): Promise<Judgement> {
  if (tests.length === 0) return { mutant, fate: "not run", by: null };
  copy.put(mutant);
  try {
    for (const each of tests) {
      const { verdict } = await runTestIn(copy.root, each.test, limitMs(each));
      if (verdict === "failed") return { mutant, fate: "killed", by: each.test };
      if (verdict === "timed out") return { mutant, fate: "timed out", by: each.test };
    }
    return { mutant, fate: "survived", by: null };
  } finally {
    copy.takeBack(mutant);
  }
}

/** Judges the mutants one after another in each copy, asking first the tests that are short and have killed before. */
export async function judgeMutants(
  mutants: readonly Mutant[],
  tests: readonly MeasuredTest[],
  copies: readonly WorkingCopy[],
  tell: (judgement: Judgement, done: number) => void,
): Promise<Judgement[]> {
  const kills = new Map<string, number>();
  const price = (file: string, { test, durationMs }: MeasuredTest): number =>
    durationMs / (1 + (kills.get(`${file} ${test}`) ?? 0));
  const judgements: Judgement[] = [];
  let next = 0;
  const work = async (copy: WorkingCopy): Promise<void> => {
    for (;;) {
      const mutant = mutants[next++];
      if (mutant === undefined) return;
      const { file } = mutant;
      const asked = [...testsFor(mutant, tests)].sort((a, b) => price(file, a) - price(file, b));
      const judgement = await judge(mutant, asked, copy);
      const key = `${file} ${judgement.by}`;
      if (judgement.by !== null) kills.set(key, (kills.get(key) ?? 0) + 1);
      judgements.push(judgement);
      tell(judgement, judgements.length);
    }
  };
  await Promise.all(copies.map(work));
  return judgements;
}
