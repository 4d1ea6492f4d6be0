/** One turn of a conversation, as chat templates see it; a template may read further fields. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

export interface ChatOptions {
  /** End with what opens the assistant's turn. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Name of the template, where tokenizer_config.json holds several. Default "default". */
  readonly template?: string;
  /** Further variables the template reads, e.g. `{ enable_thinking: false }`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}
