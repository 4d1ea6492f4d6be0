import type { OperatorMark } from "./data.ts";

export interface OperatorRow {
  readonly label: string;
  readonly first: number;
  readonly count: number;
}

/** Operators of a layer, in their order; those outside of the layers stand before and behind. */
export function operatorRows(operators: readonly OperatorMark[]): readonly OperatorRow[] {
  const rows: { label: string; first: number; count: number }[] = [];
  operators.forEach(({ layer }, index) => {
    const label = layer === null ? (index === 0 ? "input" : "output") : `layer ${layer}`;
    const row = rows.at(-1);
    const isSame = row !== undefined && operators[row.first]?.layer === layer;
    if (isSame) row.count += 1;
    else rows.push({ label, first: index, count: 1 });
  });
  return rows;
}
