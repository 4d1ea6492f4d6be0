import { type Table, wholeColumn } from "../render/table.ts";
import { siteOf } from "./chosenSites.ts";
import type { PrecisionRecord } from "./data.ts";

/** The numbers behind the picture: an error for each site, a row for each token. */
export function precisionTables(record: PrecisionRecord): readonly Table[] {
  return [errorTable(record), tokenTable(record)];
}

export function errorTable({ rows }: PrecisionRecord): Table {
  const cells = rows.flatMap(({ name, layers, errors }) =>
    errors.map((error, i) => ({ site: siteOf(name, layers?.[i] ?? null), error })),
  );
  return {
    name: "errors",
    columns: [
      { name: "site", values: cells.map(({ site }) => site) },
      { name: "relative error", values: Float64Array.from(cells, ({ error }) => error.relative) },
      {
        name: "largest difference",
        values: Float64Array.from(cells, ({ error }) => error.largest),
      },
      wholeColumn("not finite", cells.length, (row) => cells[row]?.error.nNotFinite ?? 0),
    ],
  };
}

function tokenTable({ tokens, tokenTexts, routes }: PrecisionRecord): Table {
  const nTokens = tokens.length;
  const changed = (token: number): number | null =>
    routes === null
      ? null
      : routes.layers.reduce(
          (sum, _, row) => sum + (routes.changed[row * nTokens + token] ?? 0),
          0,
        );
  return {
    name: "tokens",
    columns: [
      wholeColumn("position", nTokens, (t) => t),
      { name: "token", values: tokenTexts },
      { name: "likeliest", values: tokens.map(({ top }) => top) },
      { name: "likeliest of the reference", values: tokens.map((shift) => shift.referenceTop) },
      { name: "moved", values: tokens.map(({ isMoved }) => isMoved) },
      {
        name: "divergence",
        unit: "bits",
        values: Float64Array.from(tokens, ({ klBits }) => klBits),
      },
      {
        name: "relative error of the logits",
        values: Float64Array.from(tokens, ({ relative }) => relative),
      },
      { name: "routes changed", values: tokens.map((_, t) => changed(t)) },
    ],
  };
}
