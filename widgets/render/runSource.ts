import type {
  AttentionTile,
  CostRecord,
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
}

/** What the pictures need of a Run; the engine's Run is one. */
export interface RunSource {
  readonly id: string;
  readonly record: RunRecord;
  attentionTile(request: TileRequest): Promise<AttentionTile>;
  routing(options?: { biasedScores?: boolean }): Promise<RoutingRecord>;
  cost(): CostRecord;
}

/** "tiny · deepseek_v3 · 17 tokens · reference (Node)" */
export function describeRun(record: RunRecord): string {
  const { model, backend, tokens } = record;
  return `${model.name} · ${model.architecture} · ${tokens.length} tokens · ${backend.name} (${backend.device})`;
}
