import type { AttributionRecord } from "../../engine/trace/schema.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { type AttributionSum, partName } from "./data.ts";

/** The parts, whose values with the remainder sum to the logit; where heads were split, what they bring from each position. */
export function attributionTables(
  record: AttributionRecord,
  sum: AttributionSum,
): readonly TableSource[] {
  const { sources } = record;
  return [
    { name: "parts", columns: () => partColumns(sum) },
    ...(sources === null ? [] : [{ name: "sources", columns: () => sourceColumns(sum, sources) }]),
  ];
}

export function partColumns({ parts, remainder }: AttributionSum): TableColumn[] {
  return [
    { name: "part", values: [...parts.map(partName), "remainder"] },
    { name: "kind", values: [...parts.map(({ kind }) => kind), "remainder"] },
    { name: "layer", values: [...parts.map(({ layer }) => layer), null] },
    { name: "index", values: [...parts.map(({ index }) => index), null] },
    {
      name: "value",
      unit: "logits",
      values: Float64Array.from([...parts.map(({ value }) => value), remainder]),
    },
  ];
}

function sourceColumns(
  { parts, tokenTexts }: AttributionSum,
  sources: Float64Array,
): TableColumn[] {
  checkRows("attribution, table sources", sources.length, "Take a shorter prompt.");
  const heads = parts.filter(({ kind }) => kind === "head");
  const width = tokenTexts.length;
  const headOf = (row: number) => heads[Math.floor(row / width)];
  return [
    wholeColumn("layer", sources.length, (row) => headOf(row)?.layer ?? -1),
    wholeColumn("head", sources.length, (row) => headOf(row)?.index ?? -1),
    wholeColumn("position", sources.length, (row) => row % width),
    { name: "token", values: Array.from(sources, (_, row) => tokenTexts[row % width] ?? "") },
    { name: "value", unit: "logits", values: sources },
  ];
}
