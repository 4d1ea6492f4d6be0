import type { Judgement } from "./judgeMutants.ts";

const hasNoticed = ({ fate }: Judgement): boolean => fate === "killed" || fate === "timed out";

const percent = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`;

/** `file:line kind: before -> after`, as it can be searched for. */
export const describeJudgement = ({ mutant, fate }: Judgement): string =>
  `${fate}  ${mutant.file}:${mutant.line}  ${mutant.kind}: ${mutant.before}  ->  ${mutant.after}`;

function row(name: string, judgements: readonly Judgement[]): string {
  const count = (fate: Judgement["fate"]): string =>
    `${judgements.filter((each) => each.fate === fate).length}`.padStart(9);
  const score = percent(judgements.filter(hasNoticed).length, judgements.length).padStart(8);
  const counts = `${count("killed")}${count("timed out")}${count("survived")}${count("not run")}`;
  return `${name.padEnd(48)}${`${judgements.length}`.padStart(8)}${counts}${score}`;
}

/** The survivors, then the score of each file and of all. */
export function report(judgements: readonly Judgement[]): string[] {
  const files = [...new Set(judgements.map(({ mutant }) => mutant.file))].sort();
  const of = (file: string): Judgement[] => judgements.filter(({ mutant }) => mutant.file === file);
  const survivors = files.flatMap((file) =>
    of(file)
      .filter((each) => !hasNoticed(each))
      .sort((a, b) => a.mutant.line - b.mutant.line),
  );
  return [
    ...survivors.map(describeJudgement),
    "",
    `${"file".padEnd(48)} mutants   killed timed out survived  not run   score`,
    ...files.map((file) => row(file, of(file))),
    row("all", judgements),
  ];
}
