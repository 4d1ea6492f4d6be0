import type { ChatBatch } from "../chat/chatBatch.ts";
import type { ChatAllOptions } from "../chat/chatOptions.ts";
import type { RunAllOptions } from "../execute/batchOptions.ts";
import type { Estimate } from "../execute/estimate.ts";
import type { EstimateOptions } from "../execute/estimateOptions.ts";
import type { GenerateAllOptions } from "../generate/generateOptions.ts";
import type { GenerationBatch } from "../generate/generationBatch.ts";
import type { RunBatch } from "../look/runBatch.ts";
import type { SiteInfo } from "../plan/sites/site.ts";
import type { ChatMessage } from "../template/chat.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { BackendRecord, ModelRecord } from "../trace/schema.ts";

/** What evaluating needs of a model: one of `loadModel`. */
export interface EvaluatedModel {
  readonly name: string;
  readonly location: string;
  readonly record: ModelRecord;
  readonly backend: BackendRecord;
  /** How many weights lie on the device in each form. */
  readonly weightDtypes: Readonly<Record<string, number>>;
  readonly tokenizer: Tokenizer;
  readonly generationDefaults: { readonly maxTokens: number };
  sites(): SiteInfo[];
  estimate(prompt: readonly number[], options: EstimateOptions): Pick<Estimate, "totalBytes">;
  runAll(prompts: readonly (readonly number[])[], options: RunAllOptions): RunBatch;
  generateAll(
    prompts: readonly (string | readonly number[])[],
    options: GenerateAllOptions,
  ): GenerationBatch;
  chatAll(conversations: readonly (readonly ChatMessage[])[], options: ChatAllOptions): ChatBatch;
}
