import type {
  ThinkingCurve,
  ThinkingCurveRecord,
  ThinkingPoint,
} from "../../engine/trace/schema.ts";
import type { Axis } from "../render/chart/axes.ts";
import type { ChartBand, ChartInterval, ChartLine } from "../render/chart/lineChart.ts";
import { LINE_TONES, type Tone } from "../render/chart/tones.ts";
import { percent } from "../render/formatNumber.ts";

/** Synced with the page. */
export interface ThinkingState {
  readonly record: ThinkingCurveRecord;
}

/** What stands along the picture: the budgets one after another, or the tokens that were really thought. */
export type Along = "budgets" | "tokens";

/** Curves side by side at one budget are so far apart, in budgets. */
const APART = 0.03;

/** A budget in words. */
export const budgetName = (budget: number | null): string =>
  budget === null ? "no limit" : String(budget);

function toneOfCurve(index: number): Tone {
  return LINE_TONES[index % LINE_TONES.length] ?? "blue0";
}

/** All budgets of the curves, ascending, no limit last. */
export function budgetsOf({ curves }: ThinkingCurveRecord): (number | null)[] {
  const all = new Set(curves.flatMap(({ points }) => points.map(({ budget }) => budget)));
  return [...all].sort((a, b) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY));
}

/** A curve's points as they stand in the picture, from the left. */
export function placesOf(
  record: ThinkingCurveRecord,
  curve: number,
  along: Along,
): { readonly x: number; readonly point: ThinkingPoint }[] {
  const budgets = budgetsOf(record);
  const shift = (curve - (record.curves.length - 1) / 2) * APART;
  return (record.curves[curve]?.points ?? [])
    .map((point) => ({
      x: along === "tokens" ? point.thinkingTokens : budgets.indexOf(point.budget) + shift,
      point,
    }))
    .sort((a, b) => a.x - b.x);
}

export interface ThinkingDrawing {
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly ChartLine[];
  readonly bands: readonly ChartBand[];
  readonly intervals: readonly ChartInterval[];
}

/** Accuracy as a line for each kind of task, its interval at each point, and above it a band as high as the share that was cut. */
export function thinkingDrawing(record: ThinkingCurveRecord, along: Along): ThinkingDrawing {
  const budgets = budgetsOf(record);
  const places = record.curves.map((_, c) => placesOf(record, c, along));
  const most = Math.max(1, ...places.flat().map(({ x }) => x));
  return {
    x:
      along === "tokens"
        ? { label: "tokens of thinking, mean", domain: [0, most], format: String }
        : {
            label: "tokens of thinking allowed",
            domain: [-0.35, budgets.length - 0.65],
            marks: budgets.map((_, i) => i),
            format: (i) => budgetName(budgets[i] ?? null),
          },
    y: { label: "answers that are right", domain: [0, 1], format: wholePercent, nTicks: 5 },
    lines: places.map((points, c) => ({
      label: record.curves[c]?.name ?? "",
      tone: toneOfCurve(c),
      hasDots: true,
      points: points.map(({ x, point }) => [x, point.share] as const),
    })),
    bands: places.flatMap((points, c) =>
      points.some(({ point }) => point.cut > 0)
        ? [
            {
              tone: toneOfCurve(c),
              points: points.map(
                ({ x, point: { share, cut, n } }) => [x, share, share + cut / n] as const,
              ),
            },
          ]
        : [],
    ),
    intervals: places.flatMap((points, c) =>
      points.map(({ x, point: { low, high } }) => ({ tone: toneOfCurve(c), x, low, high })),
    ),
  };
}

const wholePercent = (share: number): string => `${Math.round(share * 100)} %`;

/** What stands below the picture. */
export const READING =
  "Whiskers are 95 % intervals (Wilson). The band above a line is answers that a limit cut: neither right nor wrong.";

/** One point in a sentence. */
export function pointText({ name }: ThinkingCurve, point: ThinkingPoint): string {
  const { budget, n, right, wrong, cut, share, low, high, thinkingTokens, answerTokens } = point;
  const ended = point.rightAfterBudget + point.wrongAfterBudget;
  const budgetText = budget === null ? "no limit" : `a budget of ${budget}`;
  return `${name}, ${budgetText}: ${right} of ${n} right, ${percent(share)} (${percent(low)} to ${percent(high)}), ${wrong} wrong, ${cut} cut; ${ended} ended by the budget; ${tokens(thinkingTokens)} of thinking, ${tokens(answerTokens)} of answer (measured)`;
}

const tokens = (mean: number): string => `${Number(mean.toPrecision(3))} tokens`;

/** A line for each point, for a page that shows text alone. */
export function thinkingText(record: ThinkingCurveRecord): string {
  return [
    `Accuracy of ${record.model} by budget of thinking`,
    ...record.curves.flatMap((curve) => curve.points.map((point) => pointText(curve, point))),
  ].join("\n");
}

/** Is this what `thinkingCurve` gives, with a point to draw? @returns what is wrong in words, or null */
export function wrongWithRecord(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return String(value);
  const { curves, model } = value as Partial<ThinkingCurveRecord>;
  if (typeof model !== "string" || !Array.isArray(curves)) return "an object of another kind";
  const points = (curves as readonly Partial<ThinkingCurve>[]).flatMap(({ points: p }) => p ?? []);
  if (points.length === 0) return "no points";
  const isPoint = ({ n, share, low, high, cut }: ThinkingPoint): boolean =>
    [n, share, low, high, cut].every(Number.isFinite) && n > 0;
  return points.every(isPoint) ? null : "a point without counts";
}
