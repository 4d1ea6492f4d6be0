import { type Arrangement, arrangeHeads, byStrength, kindLabel } from "./arrangeHeads.ts";
import { METRICS, type Metric } from "./data.ts";
import type { HeadPlace, Over } from "./looking.ts";

/** A row of the table: a head, or the mean of several. */
export interface HeadRow {
  /** What opens: of a mean over heads or layers the first one that is in it. */
  readonly place: HeadPlace;
  /** "L3 H2", "L3, mean of 8 heads". */
  readonly name: string;
  /** METRICS; NaN where one is not known. */
  readonly values: readonly number[];
  /** Where most of its weight goes. */
  readonly kind: string;
}

/** What the page says of a row that is pointed at: its layer and head, as far as it is of one alone. */
export function selectedBy(
  { layer, head }: HeadPlace,
  over: Over,
): { readonly layer?: number; readonly head?: number } {
  return {
    ...((over === "head" || over === "heads") && { layer }),
    ...((over === "head" || over === "layers") && { head }),
  };
}

/**
 * Rows in their order: sorted, filtered and grouped as the overview's heads are. Means of heads are sorted and filtered by their own
 * metrics, and not grouped.
 * @param metrics (layers, the most heads of a layer, METRICS), NaN or missing where not known
 */
export function headRows(
  headsByLayer: readonly number[],
  metrics: Float32Array,
  arrangement: Arrangement,
  over: Over,
): HeadRow[] {
  const nHeads = Math.max(...headsByLayer);
  const valuesOf = ({ layer, head }: HeadPlace): number[] =>
    METRICS.map((_, m) => metrics[(layer * nHeads + head) * METRICS.length + m] ?? Number.NaN);
  if (over === "head")
    return arrangeHeads(headsByLayer, metrics, arrangement).flatMap(({ heads }) =>
      heads.map(({ layer, head }) =>
        rowOf({ layer, head }, `L${layer} H${head}`, valuesOf({ layer, head })),
      ),
    );
  const by = arrangement.sort === "layer" ? arrangement.metric : arrangement.sort;
  const least = Math.fround(arrangement.atLeast); // metrics are f32: 0.7 of them is below 0.7
  const rows = meanGroups(headsByLayer, over)
    .map(({ name, heads }) => rowOf(heads[0] ?? NOWHERE, name, meansOf(heads.map(valuesOf))))
    .map((row) => ({ ...row.place, row, value: metricOf(row, by) }))
    .filter(({ value }) => arrangement.atLeast <= 0 || value >= least);
  if (arrangement.sort !== "layer") rows.sort(byStrength(arrangement.isAscending));
  return rows.map(({ row }) => row);
}

const NOWHERE: HeadPlace = { layer: 0, head: 0 };

export function metricOf({ values }: HeadRow, metric: Metric): number {
  return values[METRICS.indexOf(metric)] ?? Number.NaN;
}

function rowOf(place: HeadPlace, name: string, values: readonly number[]): HeadRow {
  return { place, name, values, kind: kindLabel(values) };
}

function meanGroups(
  headsByLayer: readonly number[],
  over: Exclude<Over, "head">,
): { readonly name: string; readonly heads: readonly HeadPlace[] }[] {
  const all = headsByLayer.flatMap((count, layer) =>
    Array.from({ length: count }, (_, head) => ({ layer, head })),
  );
  if (over === "all") return [{ name: `mean of all ${all.length} heads`, heads: all }];
  if (over === "heads")
    return headsByLayer.map((count, layer) => ({
      name: `L${layer}, mean of ${count} head${count === 1 ? "" : "s"}`,
      heads: all.filter((head) => head.layer === layer),
    }));
  return Array.from({ length: Math.max(...headsByLayer) }, (_, head) => {
    const heads = all.filter((each) => each.head === head);
    return {
      name: `H${head}, mean over ${heads.length} layer${heads.length === 1 ? "" : "s"}`,
      heads,
    };
  });
}

/** Of each metric the mean; NaN where one is missing. */
function meansOf(rows: readonly (readonly number[])[]): number[] {
  return METRICS.map(
    (_, m) => rows.reduce((sum, values) => sum + (values[m] ?? Number.NaN), 0) / rows.length,
  );
}
