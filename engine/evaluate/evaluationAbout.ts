import type { ModelFile } from "../record/modelFile.ts";

/** What was evaluated. */
export interface EvaluationAbout {
  readonly task: string;
  readonly model: string;
  /** Names the checkpoint; see ModelRecord. Null of a model behind a server. */
  readonly modelHash: string | null;
  /** sha256 of config.json and all bytes of the weights, see hashModel; null where they were not read, as without a folder and of a server. */
  readonly weights: string | null;
  /** The file that text becomes ids by; null where no file was read, as of a GGUF, which has it inside. Not there in folders of version 1. */
  readonly tokenizer?: ModelFile | null;
  /** sha256 of the chat template; null where none wrote the prompts. Not there in folders of version 1. */
  readonly template?: string | null;
  readonly backend: string;
  /** How activations were multiplied by packed weights; see BackendRecord. */
  readonly arithmetic: string;
  /** Adapter and driver of webgpu, on which numbers depend; null elsewhere. */
  readonly device: string | null;
  readonly driver: string | null;
  /** Of who evaluated, whoever reads it; Node's is null in folders of before it was kept. */
  readonly versions: { readonly vitrine: string; readonly node: string | null };
  readonly seed: number;
  readonly epochs: number;
}
