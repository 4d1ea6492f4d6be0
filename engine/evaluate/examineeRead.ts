import type { ModelFile } from "../record/modelFile.ts";

/** What wrote the prompts as text. */
export interface PromptWriter {
  readonly from: "text" | "tokens" | "chat";
  /** Of a chat: a Jinja template, or DeepSeek-V3.2's own encoding; null of other prompts, and of a server. */
  readonly encoder: "jinja" | "deepseek_v32" | null;
  /** Name of the Jinja template. */
  readonly template: string | null;
  readonly template_sha256: string | null;
}

/** The bytes that an examinee is made of. */
export interface ExamineeFiles {
  /** sha256 of config.json and all bytes of the weights, see hashModel; null where they were not read. */
  readonly weights: string | null;
  /** Tokenizer, template and generation settings, as far as they are files; null where they were not read. */
  readonly files: readonly ModelFile[] | null;
  readonly prompt: PromptWriter;
}
