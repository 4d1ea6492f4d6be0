import type {
  ConversationCostRecord,
  ConversationTurn,
  PriceRecord,
} from "../../engine/trace/schema.ts";
import { type Table, type TableColumn, wholeColumn } from "../render/table.ts";

/** What each turn took of tokens; what each list asks for it, with what came before. */
export function conversationTables(record: ConversationCostRecord): Table[] {
  return [
    { name: "prices", columns: priceColumns(record) },
    { name: "turns", columns: turnColumns(record.turns) },
  ];
}

function turnColumns(turns: readonly ConversationTurn[]): TableColumn[] {
  const whole = (name: string, at: (turn: ConversationTurn) => number): TableColumn => ({
    ...wholeColumn(name, turns.length, (row) => at(turns[row] as ConversationTurn)),
    unit: "tokens",
  });
  return [
    wholeColumn("turn", turns.length, (row) => row + 1),
    whole("input", ({ usage }) => usage.inputTokens),
    whole("cached input", ({ usage }) => usage.cachedInputTokens),
    {
      name: "input that could be cached",
      unit: "tokens",
      values: turns.map(({ shareableInputTokens }) => shareableInputTokens),
    },
    whole("output", ({ usage }) => usage.outputTokens),
    whole("reasoning", ({ usage }) => usage.reasoningTokens),
  ];
}

/** Amounts are in the row's currency. */
function priceColumns({ lines }: ConversationCostRecord): TableColumn[] {
  const rows = lines.flatMap((line) =>
    line.turns.map((turn, t) => ({ line, turn, t, total: line.cumulative })),
  );
  const amounts = (name: string, at: (row: (typeof rows)[number]) => number): TableColumn => ({
    name,
    values: Float64Array.from(rows, at),
  });
  const part = (name: string, of: (price: PriceRecord) => number): TableColumn =>
    amounts(name, ({ turn }) => of(turn.shared));
  return [
    { name: "list", values: rows.map(({ line }) => line.table.name) },
    { name: "date", values: rows.map(({ line }) => line.table.date) },
    { name: "currency", values: rows.map(({ line }) => line.table.currency) },
    wholeColumn("turn", rows.length, (row) => (rows[row]?.t ?? -1) + 1),
    part("input", ({ input }) => input),
    part("cached input", ({ cachedInput }) => cachedInput),
    part("output", ({ output }) => output),
    part("reasoning", ({ reasoning }) => reasoning),
    amounts("total as cached", ({ turn }) => turn.shared.total),
    amounts("total with nothing cached", ({ turn }) => turn.uncached.total),
    {
      name: "total with all that could be",
      values: rows.map(({ turn }) => turn.shareable?.total ?? null),
    },
    amounts("up to here as cached", ({ total, t }) => total.shared[t] ?? Number.NaN),
    amounts("up to here with nothing cached", ({ total, t }) => total.uncached[t] ?? Number.NaN),
    {
      name: "up to here with all that could be",
      values: rows.map(({ total, t }) => total.shareable[t] ?? null),
    },
  ];
}
