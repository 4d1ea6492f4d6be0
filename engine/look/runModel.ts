import type { ModelSpec } from "../model/spec.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { BackendRecord, ModelAnatomy, ModelRecord } from "../trace/schema.ts";

/** The model that a run came from, as far as a run leads back to it. */
export interface RunModel {
  readonly name: string;
  /** Where the checkpoint was read from. */
  readonly location: string;
  readonly spec: ModelSpec;
  readonly record: ModelRecord;
  readonly backend: BackendRecord;
  /** @throws ConfigError ERR_TOKENIZER_MISSING, ERR_TOKENIZER */
  readonly tokenizer: Tokenizer;
  /** A token's own text, as `tokenizer.tokenText` has it; where the model has no tokenizer, <id 17>. */
  tokenText(id: number): string;
  /** Its plan told part by part: operators, shapes, parameters, sites. */
  anatomy(): ModelAnatomy;
  /** Frees everything that the model and its runs hold. */
  dispose(): void;
}
