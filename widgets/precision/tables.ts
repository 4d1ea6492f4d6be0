import { siteOf } from "./chosenSites.ts";
import type { PrecisionRecord } from "./data.ts";

interface Table {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly unit?: string;
    readonly values: readonly (string | number | boolean | null)[];
  }[];
}

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
      { name: "relative error", values: cells.map(({ error }) => error.relative) },
      { name: "largest difference", values: cells.map(({ error }) => error.largest) },
      { name: "not finite", values: cells.map(({ error }) => error.nNotFinite) },
    ],
  };
}

export function tokenTable({ tokens, tokenTexts, routes }: PrecisionRecord): Table {
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
      { name: "position", values: tokens.map((_, t) => t) },
      { name: "token", values: tokenTexts },
      { name: "likeliest", values: tokens.map(({ top }) => top) },
      { name: "likeliest of the reference", values: tokens.map((shift) => shift.referenceTop) },
      { name: "moved", values: tokens.map(({ isMoved }) => isMoved) },
      { name: "divergence", unit: "bit", values: tokens.map(({ klBits }) => klBits) },
      { name: "relative error of the logits", values: tokens.map(({ relative }) => relative) },
      { name: "routes changed", values: tokens.map((_, t) => changed(t)) },
    ],
  };
}
