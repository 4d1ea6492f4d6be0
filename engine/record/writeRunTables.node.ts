import { partsOf, type Run } from "../look/run.ts";
import { specOf } from "../look/runState.ts";
import type { ChosenTensors } from "./chooseTensors.ts";
import { COSTS, costRows, HEAD_METRICS, metricRows, ROUTES, routeRows } from "./derivedTables.ts";
import { VOCABULARY, WEIGHTS } from "./modelTables.ts";
import type { LeftOut } from "./runContent.ts";
import { STEPS, stepRows } from "./stepTable.ts";
import { encodeTable } from "./table.node.ts";
import type { RowOf, TableSchema } from "./table.ts";
import { TOKENS, tokenRows } from "./tokenTable.ts";

/** Rows of a table of routes at most. */
const MOST_ROUTES = 2 ** 19;
/** Cells of maps that metrics are meant over at most, in each layer. */
const MOST_CELLS = 2 ** 26;

type Write = (file: string, table: Uint8Array) => Promise<void>;

/**
 * Writes a run's tables: tokens, steps, weights and the vocabulary, which the run is made of; routes, costs and metrics of heads, which
 * follow from the tensors and stand there for other tools. @returns what was left out
 */
export async function writeRunTables(
  run: Run,
  { values }: ChosenTensors,
  write: Write,
): Promise<LeftOut[]> {
  const { state, record } = partsOf(run);
  const table = async <Schema extends TableSchema>(
    name: string,
    schema: Schema,
    rows: readonly RowOf<Schema>[],
  ) => write(`${name}.parquet`, await encodeTable(name, schema, rows));
  await table("tokens", TOKENS, tokenRows(record.tokens));
  await table("steps", STEPS, stepRows(state.steps));
  await table("weights", WEIGHTS, weightRows(run));
  const vocabulary = vocabularyRows(run);
  if (vocabulary !== null) await table("vocabulary", VOCABULARY, vocabulary);
  const { layers } = specOf(state);
  const routed = layers.flatMap(({ feedForward }, layer) =>
    feedForward.kind === "moe" ? [`blocks.${layer}.mlp.hook_expert_indices`] : [],
  );
  const leftOut: LeftOut[] = [];
  if (routed.every((value) => values.includes(value))) {
    const routing = await run.routing();
    const nRoutes = routing.indices.length;
    if (routed.length > 0 && nRoutes <= MOST_ROUTES)
      await table("routes", ROUTES, routeRows(routing));
    else if (routed.length > 0)
      leftOut.push({
        what: "the table of routes",
        bytes: 4 * nRoutes,
        fix: "Read them by run.routing(), which has them all.",
      });
    if (partsOf(run).keep !== "nothing" || routed.length === 0)
      await table("costs", COSTS, costRows(run.cost()));
  }
  const metrics = await metricsOf(run, values);
  if (metrics.length > 0) await table("head_metrics", HEAD_METRICS, metrics);
  return leftOut;
}

async function metricsOf(
  run: Run,
  values: readonly string[],
): Promise<RowOf<typeof HEAD_METRICS>[]> {
  const { state, catalog } = partsOf(run);
  const rows: RowOf<typeof HEAD_METRICS>[] = [];
  for (const [layer, { attention }] of specOf(state).layers.entries()) {
    const map = catalog.find(({ name }) => name === `blocks.${layer}.attn.hook_pattern`);
    if (map?.needs.every((value) => values.includes(value)) !== true) continue;
    const cells = attention.nHeads * state.nTokens ** 2;
    const queryStep = Math.ceil(cells / MOST_CELLS);
    rows.push(...metricRows(await run.headMetrics({ layer, queryStep })));
  }
  return rows;
}

function weightRows(run: Run): RowOf<typeof WEIGHTS>[] {
  const { weights } = partsOf(run).state.device;
  return [...weights].map(([name, { shape, dtype }]) => ({ name, shape: shape.join(" "), dtype }));
}

/** Null where the model has no tokenizer. */
function vocabularyRows({ model }: Run): RowOf<typeof VOCABULARY>[] | null {
  let size: number;
  try {
    size = Math.min(model.tokenizer.vocabularySize, model.spec.nVocab);
  } catch {
    return null;
  }
  return Array.from({ length: size }, (_, id) => ({ id, text: model.tokenText(id) }));
}
