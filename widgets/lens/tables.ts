import type { LensRecord } from "../../engine/trace/schema.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { type LensCells, topText } from "./data.ts";

const FEWER = "Name fewer sites or positions to lens.";

/** Numbers of each cell; the likeliest tokens of each. */
export function lensTables(
  record: LensRecord,
  cells: LensCells,
  textOf: (id: number) => string,
): readonly TableSource[] {
  return [
    { name: "cells", columns: () => cellColumns(cells) },
    { name: "likeliest", columns: () => likeliestColumns(record, cells, textOf) },
  ];
}

/** Ranks count from 1; a target that is not there is an empty field. */
export function cellColumns(cells: LensCells): TableColumn[] {
  const { sites, positions, targets } = cells;
  const nColumns = positions.length;
  const nCells = sites.length * nColumns;
  checkRows("lens, table cells", nCells, FEWER);
  const all = Array.from({ length: nCells }, (_, cell) => cell);
  const columnOf = (cell: number): number => cell % nColumns;
  const hasTarget = (cell: number): boolean => (targets[columnOf(cell)] ?? -1) >= 0;
  return [
    { name: "site", values: all.map((cell) => sites[Math.floor(cell / nColumns)] ?? "") },
    wholeColumn("position", nCells, (cell) => positions[columnOf(cell)] ?? -1),
    { name: "token", values: all.map((cell) => cells.tokenTexts[columnOf(cell)] ?? "") },
    wholeColumn("likeliest id", nCells, (cell) => cells.topIds[cell] ?? -1),
    { name: "likeliest", values: all.map((cell) => topText(cells, cell)) },
    { name: "probability", values: cells.probabilities },
    {
      name: "target id",
      values: all.map((cell) => (hasTarget(cell) ? (targets[columnOf(cell)] ?? null) : null)),
    },
    { name: "target", values: all.map((cell) => cells.targetTexts[columnOf(cell)] ?? null) },
    {
      name: "target rank",
      values: all.map((cell) => (hasTarget(cell) ? (cells.ranks[cell] ?? 0) + 1 : null)),
    },
    { name: "target log probability", unit: "nats", values: cells.logProbs },
    { name: "entropy", unit: "bits", values: cells.entropyBits },
  ];
}

function likeliestColumns(
  { ids, probabilities, topK }: LensRecord,
  { sites, positions }: LensCells,
  textOf: (id: number) => string,
): TableColumn[] {
  checkRows("lens, table likeliest", ids.length, FEWER);
  const rows = [...ids.keys()].filter((at) => (ids[at] ?? -1) >= 0);
  const cellOf = (at: number): number => Math.floor(at / topK);
  const at = (row: number): number => rows[row] ?? 0;
  return [
    {
      name: "site",
      values: rows.map((row) => sites[Math.floor(cellOf(row) / positions.length)] ?? ""),
    },
    wholeColumn(
      "position",
      rows.length,
      (row) => positions[cellOf(at(row)) % positions.length] ?? -1,
    ),
    wholeColumn("rank", rows.length, (row) => (at(row) % topK) + 1),
    wholeColumn("id", rows.length, (row) => ids[at(row)] ?? -1),
    { name: "text", values: rows.map((row) => textOf(ids[row] ?? -1)) },
    { name: "probability", values: Float32Array.from(rows, (row) => probabilities[row] ?? 0) },
  ];
}
