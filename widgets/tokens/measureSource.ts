import type {
  CostRecord,
  Provenance,
  RoutingRecord,
  RunRecord,
} from "../../engine/trace/schema.ts";
import { type LogitRun, logitSource } from "./logitSource.ts";
import { type AskedKey, type ColourKey, givenValues, missingMeasures } from "./measures.ts";
import { routerEntropies, routerMargins } from "./routerMeasures.ts";

/** Scores of all experts for all tokens are read back at once; past this they are refused. */
const MAX_SCORE_BYTES = 2 ** 28;

/** What is needed of a Run; the engine's is one. */
export interface MeasuredRun extends LogitRun {
  routing(options?: { biasedScores?: boolean }): Promise<RoutingRecord>;
  cost(): CostRecord;
}

interface MeasureColumn {
  readonly values: Float64Array; // (T)
  readonly provenance: Provenance;
}

/** The numbers of a run's tokens: those that are there, and those that are worked out when they are asked for, once. */
export interface MeasureSource {
  readonly given: Float64Array; // (GIVEN, T)
  /** Why a number cannot be had. */
  readonly missing: Readonly<Partial<Record<ColourKey, string>>>;
  readonly logits: ReturnType<typeof logitSource>;
  /** @throws Error for a number that is missing */
  columnOf(key: AskedKey): Promise<MeasureColumn>;
}

export function measureSource(run: MeasuredRun): MeasureSource {
  const { record } = run;
  const logits = logitSource(run);
  const { costs, refusal } = costsOf(run);
  const given = givenValues(record, costs);
  const missing = missingMeasures(record, given, refusal, logits.refusal);
  const columns = new Map<AskedKey, Promise<MeasureColumn>>();

  async function compute(key: AskedKey): Promise<MeasureColumn> {
    const reason = missing[key];
    if (reason !== undefined) throw new Error(`${key}: expected a run that has it, got ${reason}.`);
    if (key === "routerEntropy")
      return { values: routerEntropies(await run.routing()), provenance: "measured" };
    if (key === "routerMargin") {
      refuseScores(record);
      const routing = await run.routing({ biasedScores: true });
      return { values: routerMargins(routing), provenance: "recomputed" };
    }
    const found = await logits.read();
    const values = found.tokens.map((token) =>
      token === null ? Number.NaN : key === "rank" ? token.rank : token.entropyBits,
    );
    return { values: Float64Array.from(values), provenance: found.provenance };
  }

  return {
    ...{ given, missing, logits },
    columnOf(key) {
      const known = columns.get(key);
      if (known) return known;
      const column = compute(key);
      columns.set(key, column);
      column.catch(() => columns.delete(key)); // it may be asked for again
      return column;
    },
  };
}

/** The costs, or why there are none. */
function costsOf(run: Pick<MeasuredRun, "cost">): {
  readonly costs: CostRecord | null;
  readonly refusal: string | null;
} {
  try {
    return { costs: run.cost(), refusal: null };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_NOT_KEPT") throw error;
    return { costs: null, refusal: 'routes were not kept; run with keep: "routes"' };
  }
}

function refuseScores({ model, tokens: all }: RunRecord): void {
  const bytes = 4 * model.moeLayers.length * all.length * model.nExperts;
  if (bytes > MAX_SCORE_BYTES)
    throw new Error(
      `router margin: expected at most ${MAX_SCORE_BYTES} bytes of router scores, got ${bytes}. Take a shorter prompt to see the margins.`,
    );
}
