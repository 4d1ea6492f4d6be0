import type {
  AttentionTile,
  CostRecord,
  EditRecord,
  HeadMetricsRecord,
  RoutingRecord,
  RunRecord,
} from "../../engine/trace/schema.ts";

export interface TileRequest {
  readonly layer: number;
  readonly head: number;
  readonly queryStart?: number;
  readonly queryCount?: number;
  readonly keyStart?: number;
  readonly keyCount?: number;
  readonly pool?: number;
  readonly poolKind?: "mean" | "max";
  readonly headCount?: number;
  readonly queryStep?: number;
}

/** What the pictures need of a Run; the engine's Run is one. */
export interface RunSource {
  readonly id: string;
  readonly record: RunRecord;
  attentionTile(request: TileRequest): Promise<AttentionTile>;
  headMetrics(request: {
    readonly layer: number;
    readonly queryStep?: number;
  }): Promise<HeadMetricsRecord>;
  routing(options?: { biasedScores?: boolean }): Promise<RoutingRecord>;
  cost(): CostRecord;
}

/** What a picture of a record that explains a run needs of the run; the engine's Run is one. */
export interface ExplainedRun {
  readonly id: string;
  readonly record: RunRecord;
  readonly model: { tokenText(id: number): string };
}

/** Edits that a picture names; of more it says how many. */
const NAMED_EDITS = 2;

/** What a picture is of: "tiny", or "tiny, edited: zero blocks.3.attn.hook_z head 2". */
export function runName({ model, edits = [] }: Pick<RunRecord, "model" | "edits">): string {
  if (edits.length === 0) return model.name;
  const named = edits.slice(0, NAMED_EDITS).map(({ edit }) => editName(edit));
  const more = edits.length - named.length;
  return `${model.name}, edited: ${named.join("; ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function editName(edit: EditRecord["edit"]): string {
  const { kind, site, layer, head } = edit;
  const place = site ?? (layer === undefined ? "" : `of layer ${layer}`);
  return `${kind} ${place}${head === undefined ? "" : ` head ${head}`}`.trim();
}

/** "tiny · deepseek_v3 · 17 tokens · reference (Node)" */
export function describeRun(record: RunRecord): string {
  const { model, backend, tokens } = record;
  return `${runName(record)} · ${model.architecture} · ${tokens.length} tokens · ${backend.name} (${backend.device})`;
}
