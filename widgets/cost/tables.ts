import type {
  ClassCost,
  CostRecord,
  PriceTable,
  RooflineRecord,
  RunRecord,
} from "../../engine/trace/schema.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { bill, usageIn } from "./bills.ts";
import { cacheRows } from "./cache/data.ts";
import { CLASS_NAMES } from "./data.ts";
import { rooflineRows } from "./roofline/data.ts";

type Prices = readonly PriceTable[];

interface Source {
  readonly record: RunRecord;
  readonly cost: CostRecord;
  readonly prices: Prices;
  readonly nGenerated: number;
  readonly roofline: RooflineRecord | null;
}

/** What tokens took, and parts of the model, and both together; caches; bills; the roofline where there is one. */
export function costTables(source: Source): TableSource[] {
  const { record, cost, roofline } = source;
  return [
    { name: "tokens", columns: () => tokenColumns(record, cost) },
    { name: "parts", columns: () => partColumns(cost.classes) },
    { name: "tokens by part", columns: () => tokenPartColumns(cost) },
    { name: "caches", columns: () => cacheColumns(cost) },
    { name: "prices", columns: () => priceColumns(source) },
    ...(roofline === null ? [] : [{ name: "roofline", columns: () => rooflineColumns(roofline) }]),
  ];
}

function amounts<Row>(
  rows: readonly Row[],
): (name: string, unit: string, at: (row: Row) => number) => TableColumn {
  return (name, unit, at) => ({ name, unit, values: Float64Array.from(rows, at) });
}

function tokenColumns({ tokens }: RunRecord, cost: CostRecord): TableColumn[] {
  const amount = amounts(cost.tokens);
  return [
    wholeColumn("position", cost.tokens.length, (row) => cost.tokens[row]?.index ?? -1),
    { name: "text", values: cost.tokens.map(({ index }) => tokens[index]?.text ?? null) },
    { name: "phase", values: cost.tokens.map(({ phase }) => phase) },
    amount("FLOPs", "FLOP", ({ flops }) => flops),
    amount("weights", "B", ({ weightBytes }) => weightBytes),
    amount("cache read", "B", ({ kvReadBytes }) => kvReadBytes),
    amount("cache written", "B", ({ kvWriteBytes }) => kvWriteBytes),
    { name: "time", unit: "ms", values: cost.tokens.map(({ durationMs }) => durationMs) },
  ];
}

function partColumns(classes: readonly ClassCost[]): TableColumn[] {
  const amount = amounts(classes);
  return [
    { name: "part", values: classes.map(({ costClass }) => CLASS_NAMES[costClass]) },
    amount("parameters", "parameters", ({ parameters }) => parameters),
    amount("active", "parameters", ({ activeParameters }) => activeParameters),
    amount("FLOPs", "FLOP", ({ flops }) => flops),
    amount("weights", "B", ({ weightBytes }) => weightBytes),
    amount("cache read", "B", ({ kvReadBytes }) => kvReadBytes),
    amount("cache written", "B", ({ kvWriteBytes }) => kvWriteBytes),
  ];
}

function tokenPartColumns({ classes, byClass, tokens }: CostRecord): TableColumn[] {
  const nRows = tokens.length * classes.length;
  checkRows("cost, table tokens by part", nRows, "Take a shorter prompt.");
  const quantity = (name: string, unit: string, q: number): TableColumn => ({
    ...{ name, unit },
    values: Float64Array.from({ length: nRows }, (_, row) => byClass[row * 4 + q] ?? Number.NaN),
  });
  const names = classes.map(({ costClass }) => CLASS_NAMES[costClass]);
  return [
    wholeColumn("position", nRows, (row) => Math.floor(row / classes.length)),
    { name: "part", values: tokens.flatMap(() => names) },
    quantity("FLOPs", "FLOP", 0),
    quantity("weights", "B", 1),
    quantity("cache read", "B", 2),
    quantity("cache written", "B", 3),
  ];
}

function cacheColumns(cost: CostRecord): TableColumn[] {
  const rows = cacheRows(cost);
  return [
    { name: "form", values: rows.map(({ name }) => name) },
    amounts(rows)("bytes a token", "B", ({ bytesPerToken }) => bytesPerToken),
    { name: "the model's own", values: rows.map(({ isOwn }) => isOwn) },
  ];
}

/** Amounts are in the row's currency; without a price for so long a prompt they are null. */
function priceColumns({ record, cost, prices, nGenerated }: Source): TableColumn[] {
  const usage = usageIn(record.tokens, cost, nGenerated);
  const bills = prices.map((table) => bill(table, usage));
  const perMillion = (name: string, kind: keyof Prices[number]["perMillion"]): TableColumn => ({
    name: `${name} a million tokens`,
    values: prices.map((table) => table.perMillion[kind]),
  });
  return [
    { name: "list", values: prices.map(({ name }) => name) },
    { name: "source", values: prices.map(({ source }) => source) },
    { name: "date", values: prices.map(({ date }) => date) },
    { name: "currency", values: prices.map(({ currency }) => currency) },
    perMillion("input", "input"),
    perMillion("cached input", "cachedInput"),
    perMillion("output", "output"),
    perMillion("reasoning", "reasoning"),
    { name: "this run", values: bills.map((one) => one?.thisRun ?? null) },
    { name: "with the prompt cached", values: bills.map((one) => one?.promptCached ?? null) },
    { name: "off peak", values: bills.map((one) => one?.offPeak ?? null) },
  ];
}

function rooflineColumns(roofline: RooflineRecord): TableColumn[] {
  const rows = rooflineRows(roofline);
  const amount = amounts(rows);
  return [
    { name: "phase", values: rows.map(({ phase }) => phase) },
    { name: "part", values: rows.map(({ name }) => name) },
    amount("FLOPs", "FLOP", ({ point }) => point.flops),
    amount("bytes", "B", ({ point }) => point.bytes),
    { name: "intensity", unit: "FLOP/B", values: rows.map(({ point }) => point.intensity) },
    { name: "bound", values: rows.map(({ point }) => point.bound) },
    amount("least time", "ms", ({ point }) => point.leastMs),
    { name: "time", unit: "ms", values: rows.map(({ point }) => point.measuredMs) },
    { name: "share of the limit", values: rows.map(({ point }) => point.share) },
  ];
}
