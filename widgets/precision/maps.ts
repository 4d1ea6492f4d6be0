import { errorAt, type Measure, type PrecisionRecord, strengths } from "./data.ts";

type Scale = "linear" | "log";

/** What a matrix of the picture shows: names of its sides, and how strong each cell is. */
export interface CellMap {
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  strengthAt(row: number, column: number): number | null;
}

/** Sites down, layers across; sites outside of blocks have their one error in the last column. */
export function siteMap(
  { rows, nLayers }: Pick<PrecisionRecord, "rows" | "nLayers">,
  measure: Measure,
  scale: Scale,
): CellMap {
  const cells = rows.map((row) =>
    Array.from({ length: nLayers }, (_, layer) => {
      const isShown = row.layers !== null || layer === nLayers - 1;
      return isShown ? (errorAt(row, layer)?.[measure] ?? null) : null;
    }),
  );
  return mapOf(
    rows.map(({ name }) => name),
    cells,
    scale,
  );
}

/** Layers down, tokens across: the relative error of the residual behind each block; null where it is not known. */
export function tokenMap(
  { byToken, nLayers, tokens }: PrecisionRecord,
  scale: Scale,
): CellMap | null {
  if (byToken === null) return null;
  const cells = Array.from({ length: nLayers }, (_, layer) => [
    ...byToken.subarray(layer * tokens.length, (layer + 1) * tokens.length),
  ]);
  return mapOf(
    cells.map((_, layer) => `layer ${layer}`),
    cells,
    scale,
    tokens.length,
  );
}

/** MoE layers down, tokens across: the share of a token's experts that changed; null where there are none. */
export function routeMap({ routes, tokens }: PrecisionRecord): CellMap | null {
  if (routes === null) return null;
  const { layers, changed, nExpertsPerToken } = routes;
  return {
    rowLabels: layers.map((layer) => `layer ${layer}`),
    columnLabels: tokens.map((_, t) => String(t)),
    strengthAt: (row, column) =>
      (changed[row * tokens.length + column] ?? 0) / Math.max(1, nExpertsPerToken),
  };
}

function mapOf(
  rowLabels: readonly string[],
  cells: readonly (readonly (number | null)[])[],
  scale: Scale,
  nColumns = cells[0]?.length ?? 0,
): CellMap {
  const known = cells.flat();
  const shades = strengths(
    known.map((error) => error ?? 0),
    scale,
  );
  return {
    rowLabels,
    columnLabels: Array.from({ length: nColumns }, (_, column) => String(column)),
    strengthAt: (row, column) => {
      const at = row * nColumns + column;
      return known[at] === null || known[at] === undefined ? null : (shades[at] ?? 0);
    },
  };
}
