import { Pcg32 } from "../generate/pcg32.ts";
import type { LabelledRows } from "./labelledRows.ts";
import { probeError } from "./probeOptions.ts";

/**
 * Which rows are held out: 1. Runs are drawn whole, so that no row of a run that was fitted to tests it; where all rows of each run are
 * of one class, so many of each class are drawn.
 * @throws InputError ERR_OPTION where one side would lack a class to fit or any row to test
 */
export function heldOutRows(
  { labels, runs, classes }: LabelledRows,
  share: number,
  seed: number,
): Uint8Array {
  const random = new Pcg32(seed);
  const classOf = new Map<number, number | null>();
  for (const [row, run] of runs.entries()) {
    const label = labels[row] as number;
    const known = classOf.get(run);
    classOf.set(run, known === undefined || known === label ? label : null);
  }
  const isPure = [...classOf.values()].every((label) => label !== null);
  const groups = isPure
    ? [0, 1].map((label) => [...classOf.keys()].filter((run) => classOf.get(run) === label))
    : [[...classOf.keys()]];
  const out = new Set<number>();
  for (const [label, group] of groups.entries()) {
    if (group.length < 2)
      throw probeError(
        isPure ? "two runs of each class or more" : "two runs or more",
        `${group.length}${isPure ? ` of ${classes[label]}` : ""}`,
        "One is held out, and one is fitted to: run more prompts.",
      );
    const drawn = Math.min(group.length - 1, Math.max(1, Math.round(share * group.length)));
    for (const run of shuffled(group, random).slice(0, drawn)) out.add(run);
  }
  const held = Uint8Array.from(runs, (run) => Number(out.has(run)));
  for (const [label, name] of classes.entries())
    if (!labels.some((own, row) => own === label && held[row] === 0))
      throw probeError(
        "both classes among the rows that are fitted to",
        `none of ${name} with this seed`,
        "Run more prompts, or draw with another seed.",
      );
  return held;
}

/** @see D. Knuth, "The Art of Computer Programming", volume 2, 3.4.2, algorithm P */
function shuffled(list: readonly number[], random: Pcg32): number[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random.nextFloat() * (i + 1));
    [out[i], out[j]] = [out[j] as number, out[i] as number];
  }
  return out;
}
