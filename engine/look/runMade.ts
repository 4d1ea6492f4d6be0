import type { SourceCell } from "../base/hostCell.ts";
import type { JsonObject } from "../base/json.ts";
import type { PromptOrigin } from "../template/promptOrigin.ts";

/** The others of a batch that a run was part of. */
interface RunBatchMade {
  /** Which of the prompts, counted from 0; null in an open batch, which has no order. */
  readonly index: number | null;
  readonly nPrompts: number | null;
  readonly atOnce: number;
  readonly sharePrefix: boolean;
}

/** How a run came to be: enough to make it again. */
export interface RunMade {
  /** step: between operators, by hand. */
  readonly by: "run" | "generate" | "step";
  readonly origin: () => PromptOrigin;
  /** Every option but the edits, defaults written out. */
  readonly options: JsonObject;
  /** Ids that end a generated text; none for a run. */
  readonly eosIds: readonly number[];
  /** Plan values that were captured from the start. */
  readonly observed: readonly string[];
  readonly nPrompt: number;
  /** Positions that edits were compiled for. */
  readonly capacity: number;
  readonly chunkSize: number;
  /** Null: alone. */
  readonly batch: RunBatchMade | null;
  /** The notebook's cell that asked for it. */
  readonly source: SourceCell | null;
}
