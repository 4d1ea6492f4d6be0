import type { RoutingRecord, RunRecord } from "../../engine/trace/schema.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import { expertLoad } from "./data.ts";

/** Each token's experts with their weights; the router's entropies; how often each expert was chosen. */
export function routingTables(
  record: RunRecord,
  routes: () => Promise<RoutingRecord>,
): TableSource[] {
  if (record.model.moeLayers.length === 0) return [];
  return [
    { name: "routes", columns: async () => routeColumns(await routes()) },
    { name: "entropies", columns: async () => entropyColumns(await routes()) },
    { name: "load", columns: async () => loadColumns(await routes()) },
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

function loadColumns(routing: RoutingRecord): TableColumn[] {
  const { layers, nExperts } = routing;
  const load = expertLoad(routing);
  return [
    wholeColumn("layer", load.length, (row) => layers[Math.floor(row / nExperts)] ?? -1),
    wholeColumn("expert", load.length, (row) => row % nExperts),
    wholeColumn("tokens", load.length, (row) => load[row] ?? 0),
  ];
}
