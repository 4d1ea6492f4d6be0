/** Where a prompt's token ids come from. */
export interface PromptOrigin {
  readonly from: "text" | "tokens" | "chat";
  /** What was encoded: for a chat, what its encoder wrote; null where ids were given. */
  readonly text: string | null;
  /** What wrote a chat as text: a Jinja template, or DeepSeek-V3.2's own encoding; null where nothing did. */
  readonly encoder: "jinja" | "deepseek_v32" | null;
  /** Name of the Jinja template; null where there is none. */
  readonly template: string | null;
}

const origins = new WeakMap<readonly number[], PromptOrigin>();

/** Notes where a list of ids comes from, for whoever is given this very list. */
export function noteOrigin(ids: readonly number[], origin: PromptOrigin): void {
  origins.set(ids, origin);
}

/** What was noted of a list of ids; of any other that ids were given. */
export function originOf(ids: readonly number[]): PromptOrigin {
  return origins.get(ids) ?? { from: "tokens", text: null, encoder: null, template: null };
}
