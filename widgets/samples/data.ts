import { armLabel, OUTCOMES, type SampleOutcome } from "../render/evaluationSource.ts";
import { percent } from "../render/formatNumber.ts";
import type { SamplePair } from "./pairs.ts";

/** Which samples are shown. */
export type Show = "all" | SampleOutcome | "changed" | "lost" | "won";

/** What each choice takes. */
const SHOWN: Readonly<Record<Show, (pair: SamplePair) => boolean>> = {
  all: () => true,
  right: ({ now }) => now.outcome === "right",
  wrong: ({ now }) => now.outcome === "wrong",
  cut: ({ now }) => now.outcome === "cut",
  changed: ({ now, before }) => before !== null && before.outcome !== now.outcome,
  lost: ({ now, before }) => before?.outcome === "right" && now.outcome !== "right",
  won: ({ now, before }) =>
    before !== null && before.outcome !== "right" && now.outcome === "right",
};

export const SHOW_LABELS: Readonly<Record<Show, string>> = {
  ...{ all: "all", right: "right", wrong: "wrong", cut: "cut" },
  ...{ changed: "changed", lost: "no longer right", won: "newly right" },
};

/** Choices, with how many samples each has; those about changes only beside another evaluation. */
export interface ShowCount {
  readonly show: Show;
  readonly count: number;
}

export interface ArmCounts extends Readonly<Record<SampleOutcome, number>> {
  readonly name: string;
  /** Of the other evaluation; null where there is none. */
  readonly before: Readonly<Record<SampleOutcome, number>> | null;
}

/** Synced with the page; samples come in pages. */
export interface SamplesState {
  readonly subtitle: string;
  /** What the two sides are called; the second is empty where there is one. */
  readonly names: readonly [now: string, before: string];
  readonly arms: readonly ArmCounts[];
  readonly shows: readonly ShowCount[];
  readonly hasEpochs: boolean;
  /** Of each side: "" where runs of its samples can be opened, else how to keep them; null where there is no such side. */
  readonly runs: readonly [now: string, before: string | null];
}

export function isShown(show: Show, pair: SamplePair): boolean {
  return SHOWN[show](pair);
}

export function isShow(value: unknown): value is Show {
  return typeof value === "string" && Object.hasOwn(SHOWN, value);
}

export function showCounts(pairs: readonly SamplePair[]): ShowCount[] {
  const hasBefore = pairs[0]?.before != null;
  const all = Object.keys(SHOWN) as Show[];
  return all
    .filter((show) => hasBefore || !["changed", "lost", "won"].includes(show))
    .map((show) => ({ show, count: pairs.filter((pair) => isShown(show, pair)).length }));
}

/** Outcomes of each arm, in the order in which arms first come. */
export function armCounts(pairs: readonly SamplePair[]): ArmCounts[] {
  const names = [...new Set(pairs.map(({ now }) => armLabel(now)))];
  return names.map((name) => {
    const own = pairs.filter(({ now }) => armLabel(now) === name);
    const before = own.flatMap((pair) => (pair.before === null ? [] : [pair.before.outcome]));
    return {
      name,
      ...counts(own.map(({ now }) => now.outcome)),
      before: before.length === 0 ? null : counts(before),
    };
  });
}

function counts(outcomes: readonly SampleOutcome[]): Record<SampleOutcome, number> {
  const count = (wanted: SampleOutcome) => outcomes.filter((one) => one === wanted).length;
  return { right: count("right"), wrong: count("wrong"), cut: count("cut") };
}

/** Tells outcomes apart without colour. */
const MARKS: Readonly<Record<SampleOutcome, string>> = { right: "●", wrong: "✕", cut: "◌" };

const outcomeText = (outcome: SampleOutcome): string => `${MARKS[outcome]} ${outcome}`;

/** "● right", or from what to what it changed. */
export function changeText({
  outcome,
  before,
}: {
  readonly outcome: SampleOutcome;
  readonly before: SampleOutcome | null;
}): string {
  return before === null || before === outcome
    ? outcomeText(outcome)
    : `${outcomeText(before)} → ${outcomeText(outcome)}`;
}

/** "as it is: 90 right, 8 wrong, 2 cut of 100 (90.0 % right)", and what it was before. */
export function armText(arm: ArmCounts, beforeName: string): string {
  const told = (own: Readonly<Record<SampleOutcome, number>>): string => {
    const all = OUTCOMES.reduce((sum, outcome) => sum + own[outcome], 0);
    const each = OUTCOMES.map((outcome) => `${own[outcome]} ${outcome}`).join(", ");
    return `${each} of ${all} (${percent(own.right / Math.max(1, all))} right)`;
  };
  const before = arm.before === null ? "" : `; ${beforeName}: ${told(arm.before)}`;
  return `${arm.name}: ${told(arm)}${before}`;
}

/** A line for each arm, for a page that shows text alone. */
export function samplesText({ subtitle, arms, names, shows }: SamplesState): string {
  const changed = shows.filter(({ show }) => show === "lost" || show === "won");
  return [
    `Samples: ${subtitle}`,
    ...arms.map((arm) => armText(arm, names[1])),
    ...changed.map(({ show, count }) => `${SHOW_LABELS[show]}: ${count}`),
  ].join("\n");
}

/** What stands below the picture. */
export const READING =
  "Cut: a limit ended the reply before its answer was complete, so that nobody knows. All is measured.";
