import type {
  ConversationCostRecord,
  ConversationLine,
  ConversationTurn,
} from "../../engine/trace/schema.ts";
import type { Axis } from "../render/chart/axes.ts";
import type { ChartLine } from "../render/chart/lineChart.ts";
import { LINE_TONES } from "../render/chart/tones.ts";
import { money } from "../render/formatNumber.ts";

/** Synced with the page. */
export interface ConversationState {
  readonly record: ConversationCostRecord;
}

/** What of the input is priced as cached. */
export const CACHED = {
  shared: { label: "as cached", means: "cached input as it really was (measured)" },
  uncached: { label: "nothing cached", means: "no input cached (derived)" },
  shareable: {
    label: "all that could be",
    means: "all input cached that an earlier call has (derived)",
  },
} as const;
export type Cached = keyof typeof CACHED;

/** Currencies of the lists, in their order: lines of different ones share no axis. */
export function currenciesOf({ lines }: ConversationCostRecord): string[] {
  return [...new Set(lines.map(({ table }) => table.currency))];
}

export function linesIn({ lines }: ConversationCostRecord, currency: string): ConversationLine[] {
  return lines.filter(({ table }) => table.currency === currency);
}

/** Totals up to and with each turn; shorter where it becomes unknown what could have been cached. */
export function totalsOf({ cumulative }: ConversationLine, cached: Cached): number[] {
  const all: readonly (number | null)[] = cumulative[cached];
  const unknown = all.indexOf(null);
  return all.slice(0, unknown < 0 ? all.length : unknown).map(Number);
}

/** A chart's height in pixels, with room for the name of every line. */
export const heightOf = (nLines: number): number => Math.max(280, nLines * 30 + 76);

export interface ConversationDrawing {
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly ChartLine[];
  /** Small amounts have many digits. */
  readonly markRoom: number;
}

/** What a conversation has cost after each turn, a line for each price list. */
export function conversationDrawing(
  record: ConversationCostRecord,
  currency: string,
  cached: Cached,
  isLog: boolean,
): ConversationDrawing {
  const shown = linesIn(record, currency);
  const totals = shown.map((line) => totalsOf(line, cached));
  const paid = totals.flat().filter((total) => total > 0);
  const most = paid.length === 0 ? 1 : Math.max(...paid);
  const nTurns = record.turns.length;
  const longestMark = Math.max(
    ...[most, most / 10].map((amount) => money(amount, currency).length),
  );
  return {
    markRoom: Math.max(64, 16 + 7 * longestMark),
    x: { label: "turn", domain: [1, Math.max(2, nTurns)], format: String, isWhole: true },
    y: {
      label: `${currency}, added up`,
      domain: [isLog ? Math.min(...paid, most) / 1.5 : 0, most],
      format: (amount) => money(amount, currency),
      isLog,
      nTicks: 5,
    },
    lines: shown.map(({ table }, i) => {
      const points = (totals[i] ?? []).map((total, turn) => [turn + 1, total] as const);
      return {
        label: table.name,
        detail: money(points.at(-1)?.[1] ?? 0, currency),
        tone: LINE_TONES[i % LINE_TONES.length] ?? "blue0",
        isDashed: i >= LINE_TONES.length,
        hasDots: nTurns <= 40,
        // A logarithm has no place for nothing.
        points: isLog ? points.filter(([, total]) => total > 0) : points,
      };
    }),
  };
}

/** One turn's tokens in words. */
export function turnText({ usage, shareableInputTokens }: ConversationTurn): string {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  const could =
    shareableInputTokens === null
      ? "unknown how many could be"
      : `${shareableInputTokens} could be (derived)`;
  const reasoning = reasoningTokens > 0 ? `, ${reasoningTokens} of them reasoning` : "";
  return `${inputTokens} tokens in, ${cachedInputTokens} of them cached (measured), ${could}; ${outputTokens} out${reasoning}`;
}

/** What the lists ask for after a turn. */
export function amountsText(
  record: ConversationCostRecord,
  currency: string,
  cached: Cached,
  turn: number,
): string {
  return linesIn(record, currency)
    .map((line) => {
      const total = totalsOf(line, cached)[turn];
      return `${line.table.name} ${total === undefined ? "unknown" : money(total, currency)}`;
    })
    .join(" · ");
}

/** How many turns and tokens it is about. */
export function conversationSummary({ turns, blockTokens }: ConversationCostRecord): string {
  const sum = (of: (turn: ConversationTurn) => number): number =>
    turns.reduce((all, turn) => all + of(turn), 0);
  const nIn = sum(({ usage }) => usage.inputTokens);
  const nCached = sum(({ usage }) => usage.cachedInputTokens);
  const nOut = sum(({ usage }) => usage.outputTokens);
  return `${turns.length} turns · ${nIn} tokens in, ${nCached} cached · ${nOut} out · cached in blocks of ${blockTokens}`;
}

/** A line for each list, for a page that shows text alone. */
export function conversationText(record: ConversationCostRecord): string {
  return [
    `What a conversation costs: ${conversationSummary(record)}`,
    ...record.lines.map((line) => {
      const { name, source, date, currency } = line.table;
      const amounts = (Object.keys(CACHED) as Cached[]).map((cached) => {
        const all = totalsOf(line, cached);
        const isKnown = all.length === record.turns.length;
        return `${isKnown ? money(all.at(-1) ?? 0, currency) : "unknown"} ${CACHED[cached].label}`;
      });
      return `${name}: ${amounts.join(", ")} (${source}, ${date})`;
    }),
  ].join("\n");
}

/** Is this what `conversationCost` gives, with a turn and a list? @returns what is wrong in words, or null */
export function wrongWithRecord(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return String(value);
  const { turns, lines } = value as Partial<ConversationCostRecord>;
  if (!Array.isArray(turns) || !Array.isArray(lines)) return "an object of another kind";
  if (turns.length === 0) return "no turns";
  if (lines.length === 0) return "no price lists";
  const isLine = (line: Partial<ConversationLine>): boolean =>
    typeof line.table?.currency === "string" && line.cumulative?.shared?.length === turns.length;
  return lines.every(isLine) ? null : "a line that has not one total for each turn";
}
