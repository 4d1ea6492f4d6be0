import type { EditAction } from "../../../engine/backend/operators.ts";
import { type OperatorCase, operatorCase, out, token, whole } from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

interface Editing {
  action: EditAction;
  T: number;
  /** Axes of a row. */
  row: readonly number[];
  /** First column and count; the whole row where left out. */
  columns?: readonly [number, number];
  factor?: number;
  /** Every element of `values`, rather than random ones. */
  value?: number;
}

/** Rows of values; those with odd numbers are never named, and NaN. */
const R = 5;

/** A third of the tokens stay as they are, the first among them only where there are others. */
export function edit({ action, T, row, columns, factor = 1, value }: Editing): OperatorCase {
  const N = row.reduce((a, b) => a * b, 1);
  const [columnStart, columnCount] = columns ?? [0, N];
  const random = new Seeded(T * 31 + N + columnStart + columnCount);
  const valued = action === "add" || action === "replace" || action === "project";
  const rows = random.ints(T, R).map((r, t) => ((t + T) % 3 === 0 ? -1 : r & ~1));
  const given = random.floats(R * columnCount, 2);
  const values = given.map((x, i) =>
    Math.floor(i / columnCount) % 2 === 1 ? Number.NaN : (value ?? (i % 4 === 1 ? 0 : x)),
  );
  const extras = action === "scale" ? ` by ${factor}` : value === undefined ? "" : ` ${value}`;
  return operatorCase({
    kind: "edit",
    name: `${action}${extras} T=${T} of (${row.join(", ")}), columns ${columnStart}+${columnCount}`,
    step: { nTokens: T, start: 2 },
    tolerance: action === "project" || action === "average" ? 2e-6 : 2e-7,
    fields: {
      x: token(T, row, random.floats(T * N, 3)),
      rows: token(T, [], rows),
      values: whole([R, columnCount], values),
      out: out("token", T, row),
    },
    operator: (t) => ({
      kind: "edit",
      action,
      columnStart,
      columnCount,
      factor,
      x: t.x,
      rows: t.rows,
      values: valued ? t.values : null,
      out: t.out,
    }),
  });
}

const actions = ["zero", "scale", "add", "replace", "project", "average"] as const;

export const editCases: readonly OperatorCase[] = [
  ...actions.flatMap((action) => [
    edit({ action, T: 1, row: [1], factor: -0.3 }),
    edit({ action, T: 17, row: [4, 12], columns: [12, 12], factor: 0.7 }),
    edit({ action, T: 17, row: [50], columns: [3, 39], factor: 1.7 }),
    edit({ action, T: 2, row: [1300], columns: [100, 1100], factor: 3 }),
    edit({ action, T: 70, row: [130], factor: 1e-3 }),
  ]),
  edit({ action: "project", T: 17, row: [9], value: 0 }),
  edit({ action: "project", T: 17, row: [9], value: 1 }),
];
