import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { indicesOf, type SweepRecord } from "./data.ts";

export interface SweepNumbers {
  readonly record: SweepRecord;
  /** (pairs) the metric without edits. */
  readonly baselines: Float64Array;
  /** (pairs, cells) */
  readonly perPair: Float64Array;
}

/** Cells with their means, intervals and p; effects of each pair; baselines. */
export function sweepTables({ record, baselines, perPair }: SweepNumbers): TableSource[] {
  const nCells = record.effects.length;
  const nPairs = baselines.length;
  return [
    { name: "cells", columns: cellColumns(record) },
    {
      name: "pairs",
      columns: () => {
        const fix = "Sweep fewer cells, or read effects.perPair.";
        checkRows("sweep, table pairs", perPair.length, fix);
        return [
          wholeColumn("pair", perPair.length, (row) => Math.floor(row / nCells)),
          ...placeColumns(record, perPair.length),
          { name: "effect", values: perPair },
        ];
      },
    },
    {
      name: "baselines",
      columns: [
        wholeColumn("pair", nPairs, (pair) => pair),
        { name: "baseline", values: baselines },
      ],
    },
  ];
}

function cellColumns(record: SweepRecord): TableColumn[] {
  const { effects, low, high, p } = record;
  return [
    ...placeColumns(record, effects.length),
    { name: "effect", values: effects },
    ...(low === null ? [] : [{ name: "low", values: low }]),
    ...(high === null ? [] : [{ name: "high", values: high }]),
    ...(p === null ? [] : [{ name: "p", values: p }]),
  ];
}

/** A column for each axis, and one of tokens where a position has one. @param nRows a whole number of times the cells */
function placeColumns({ axes, effects }: SweepRecord, nRows: number): TableColumn[] {
  const places = Array.from(effects, (_, cell) => indicesOf({ axes }, cell));
  const indexAt = (row: number, i: number): number => places[row % effects.length]?.[i] ?? 0;
  return axes.flatMap(({ name, values, tokens }, i) => {
    const column = wholeColumn(name, nRows, (row) => values[indexAt(row, i)] ?? 0);
    if (tokens.every((token) => token === null)) return [column];
    const texts = Array.from({ length: nRows }, (_, row) => tokens[indexAt(row, i)] ?? null);
    return [column, { name: "token", values: texts }];
  });
}
