import type { Provenance } from "../../engine/trace/schema.ts";
import { byteCount, flopCount, milliseconds, shortNumber } from "../render/formatNumber.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";

/** What is drawn of two runs, a and b: one of them, or b less a. */
export type Side = "a" | "b" | "difference";
export const TABS = ["tokens", "attention", "routes", "cost"] as const;
export type Tab = (typeof TABS)[number];

/** Numbers that both runs have, (rows, columns), as the picture lists them. */
export interface PairInfo {
  /** One word of its own in the picture. */
  readonly key: string;
  readonly tab: Tab;
  readonly label: string;
  /** One sentence. */
  readonly meaning: string;
  readonly unit: string;
  readonly provenance: Provenance;
  /** Names of the rows; a single one of tokens. */
  readonly rows: readonly string[];
  /** What columns are; tokens are those of both texts, aligned. */
  readonly columns: "tokens" | "heads" | "experts";
  readonly nColumns: number;
  /** It is of two runs: neither has it alone. */
  readonly isDifference: boolean;
}

/** Synced with the page: small. Numbers are asked for. */
export interface ComparisonState {
  readonly runId: string;
  readonly otherId: string;
  readonly names: { readonly a: string; readonly b: string };
  readonly subtitle: string;
  /** (C) texts of the aligned tokens. */
  readonly texts: readonly string[];
  /** (C) positions in a and in b; -1: the run lacks the token. */
  readonly own: readonly number[];
  readonly other: readonly number[];
  readonly pairs: readonly PairInfo[];
  /** (layers) */
  readonly headsByLayer: readonly number[];
  /** Layers with routed experts. */
  readonly moeLayers: readonly number[];
  /** Of the aligned maps: columns of both texts that a cell stands for, and every so many-th query that is in it. */
  readonly mapPool: number;
  readonly mapStep: number;
  /** What is not compared, and why. */
  readonly missing: readonly string[];
  /** How the runs differ, in a few words each. */
  readonly summary: readonly string[];
  /** (C) likeliest next tokens in a and in b; empty where no record was given. */
  readonly tops: { readonly a: readonly string[]; readonly b: readonly string[] };
}

export const SIDE_NAMES: Readonly<Record<Side, string>> = {
  a: "A",
  b: "B",
  difference: "B − A",
};

/** A number of a pair with its unit. */
export function formatPair(
  { unit }: Pick<PairInfo, "unit">,
  value: number,
  isSigned = false,
): string {
  if (Number.isNaN(value)) return "none";
  if (!Number.isFinite(value)) return shortNumber(value);
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : isSigned && value > 0 ? "+" : "";
  return sign + formatSize(unit, size);
}

function formatSize(unit: string, size: number): string {
  switch (unit) {
    case "FLOP":
      return flopCount(size);
    case "B":
      return byteCount(size);
    case "ms":
      return milliseconds(size);
    default:
      return `${shortNumber(size)}${unit === "" ? "" : ` ${unit}`}`;
  }
}

/** "·key (4 in A, 7 in B)"; of a token that one run lacks, where it is in the other. */
export function columnName(
  texts: readonly string[],
  { own, other }: AlignedColumn,
  column: number,
  visible: (text: string) => string,
): string {
  const text = visible(texts[column] ?? "");
  if (own < 0) return `${text} (${other} in B; A lacks it)`;
  if (other < 0) return `${text} (${own} in A; B lacks it)`;
  return own === other ? `${text} (${own})` : `${text} (${own} in A, ${other} in B)`;
}

/** A cell in words: both numbers and their difference. */
export function pairText(
  info: Pick<PairInfo, "label" | "unit" | "isDifference">,
  { a, b, difference }: { readonly a: number; readonly b: number; readonly difference: number },
): string {
  const apart = formatPair(info, difference, !info.isDifference || difference < 0);
  if (info.isDifference) return `${info.label} ${apart}`;
  return `${info.label}: A ${formatPair(info, a)}, B ${formatPair(info, b)}, B − A ${apart}`;
}

/** The same picture in words. */
export function comparisonText({ names, summary, missing, pairs }: ComparisonState): string {
  const ofTab = TABS.flatMap((tab) => {
    const labels = pairs.filter((info) => info.tab === tab).map(({ label }) => label);
    return labels.length === 0 ? [] : [`${tab}: ${labels.join(", ")}`];
  });
  return [
    `A, ${names.a}, beside B, ${names.b}: ${summary.join("; ")}`,
    ...ofTab,
    ...missing.map((line) => `not compared: ${line}`),
  ].join("\n");
}
