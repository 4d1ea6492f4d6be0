import type { RouteChoices, RoutingRecord } from "../../engine/trace/schema.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import { comparedRoutes } from "./comparedRoutes.ts";
import { biasChanges, expertLoad } from "./expertCounts.ts";
import type { Comparison, RoutedSource } from "./sources.ts";

/**
 * Each token's experts with their weights; the router's entropies and margins; how often each expert was chosen, in all texts; what
 * the bias changed; and the tokens of two texts beside each other. Margins and bias are worked out when they are asked for.
 */
export function routingTables(
  sources: readonly [RoutedSource, ...RoutedSource[]],
  comparison: Comparison | null,
): TableSource[] {
  const [own] = sources;
  const { record } = own.run;
  if (record.model.moeLayers.length === 0) return [];
  return [
    { name: "routes", columns: async () => routeColumns(await own.routes()) },
    { name: "entropies", columns: async () => entropyColumns(await own.routes()) },
    { name: "load", columns: () => loadColumns(sources) },
    { name: "margins", columns: async () => marginColumns(await own.chosen()) },
    { name: "bias", columns: async () => biasColumns(await own.chosen()) },
    ...(comparison === null
      ? []
      : [
          {
            name: "compared",
            columns: async () => comparedColumns(await own.routes(), comparison),
          },
        ]),
    { name: "tokens", columns: tokenColumns(record) },
  ];
}

/** Places that a token has, but edits left empty, have no rows. */
function routeColumns(routing: RoutingRecord): TableColumn[] {
  const { layers, nTokens, nExpertsPerToken: k, indices, weights } = routing;
  const used = Array.from(indices.keys()).filter((i) => (indices[i] ?? -1) >= 0);
  const whole = (name: string, at: (place: number) => number): TableColumn =>
    wholeColumn(name, used.length, (row) => at(used[row] ?? -1));
  checkRows("routing, table routes", used.length, "Take a shorter prompt.");
  return [
    whole("layer", (i) => layers[Math.floor(i / (nTokens * k))] ?? -1),
    whole("token", (i) => Math.floor(i / k) % nTokens),
    whole("rank", (i) => i % k),
    whole("expert", (i) => indices[i] ?? -1),
    { name: "weight", values: Float32Array.from(used, (i) => weights[i] ?? Number.NaN) },
  ];
}

function entropyColumns({ layers, nTokens, entropyBits }: RoutingRecord): TableColumn[] {
  const nRows = layers.length * nTokens;
  return [
    wholeColumn("layer", nRows, (row) => layers[Math.floor(row / nTokens)] ?? -1),
    wholeColumn("token", nRows, (row) => row % nTokens),
    { name: "router entropy", unit: "bits", values: entropyBits.slice(0, nRows) },
  ];
}

async function loadColumns(sources: readonly RoutedSource[]): Promise<TableColumn[]> {
  const routes = await Promise.all(sources.map((source) => source.routes()));
  const [own] = routes;
  if (own === undefined) return [];
  const { layers, nExperts } = own;
  const counts = routes.map((routing, i): TableColumn => {
    const load = expertLoad(routing);
    const name = i === 0 ? "tokens" : `tokens, ${sources[i]?.label}`;
    return wholeColumn(name, load.length, (row) => load[row] ?? 0);
  });
  const nRows = layers.length * nExperts;
  return [
    wholeColumn("layer", nRows, (row) => layers[Math.floor(row / nExperts)] ?? -1),
    wholeColumn("expert", nRows, (row) => row % nExperts),
    ...counts,
  ];
}

interface Chosen {
  readonly routing: RoutingRecord;
  readonly choices: RouteChoices;
}

/** The next best expert is -1 where there was no other. */
function marginColumns({ routing, choices }: Chosen): TableColumn[] {
  const { layers, nTokens } = routing;
  const nRows = layers.length * nTokens;
  return [
    wholeColumn("layer", nRows, (row) => layers[Math.floor(row / nTokens)] ?? -1),
    wholeColumn("token", nRows, (row) => row % nTokens),
    { name: "margin", values: choices.margins },
    { name: "next best expert", values: choices.runnersUp },
  ];
}

/** Layers that have no bias, or are edited, have no rows. */
function biasColumns({ routing, choices }: Chosen): TableColumn[] {
  const { layers, nExperts } = routing;
  const changes = biasChanges(routing, choices);
  const told = choices.routers.flatMap(({ hasBias, isEdited }, row) =>
    hasBias && !isEdited ? [row] : [],
  );
  const placeOf = (i: number): number =>
    (told[Math.floor(i / nExperts)] ?? 0) * nExperts + (i % nExperts);
  const nRows = told.length * nExperts;
  return [
    wholeColumn("layer", nRows, (i) => layers[told[Math.floor(i / nExperts)] ?? 0] ?? -1),
    wholeColumn("expert", nRows, (i) => i % nExperts),
    wholeColumn("gained", nRows, (i) => changes?.gained[placeOf(i)] ?? 0),
    wholeColumn("lost", nRows, (i) => changes?.lost[placeOf(i)] ?? 0),
  ];
}

/** Experts of the run's token that its partner is not sent to. A token that one of the texts lacks has no position there, and no number. */
async function comparedColumns(
  own: RoutingRecord,
  { source, columns }: Comparison,
): Promise<TableColumn[]> {
  const different = comparedRoutes(own, await source.routes(), columns);
  const nRows = different.length;
  const placeOf = (part: "own" | "other") => (_: number, row: number) => {
    const position = columns[row % columns.length]?.[part] ?? -1;
    return position < 0 ? null : position;
  };
  checkRows("routing, table compared", nRows, "Take shorter texts.");
  return [
    wholeColumn("layer", nRows, (row) => own.layers[Math.floor(row / columns.length)] ?? -1),
    { name: "token", values: Array.from(different, placeOf("own")) },
    { name: "token of the compared run", values: Array.from(different, placeOf("other")) },
    {
      name: "experts that differ",
      values: Array.from(different, (n) => (Number.isNaN(n) ? null : n)),
    },
  ];
}
