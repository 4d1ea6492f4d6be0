import { Template } from "@huggingface/jinja";
import { checkChatOptions, checkDeepseekV32Options } from "../chat/checkChatOptions.ts";
import { renderDeepseekV32 } from "../chat/deepseekV32.ts";
import { templateMessages, templateVariables } from "../chat/templateMessages.ts";
import { toolCallsOf } from "../chat/toolMessages.ts";
import { ConfigError, InputError } from "../errors.ts";
import type { JsonObject } from "../weights/checkpoint.ts";
import type { ChatMessage, ChatOptions } from "./chat.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

/**
 * What turns a model's conversations into text: its Jinja templates, parsed when first used; for a DeepSeek-V3.2 without any,
 * its own encoding.
 */
export class ChatTemplates {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, Template>();
  readonly #texts: Readonly<Record<string, string>>;
  readonly #isDeepseekV32: boolean;

  /** @param texts of special tokens, by the names templates use */
  constructor(files: TokenizerFiles, texts: Readonly<Record<string, string>>) {
    this.#sources = sourcesOf(files);
    this.#texts = texts;
    this.#isDeepseekV32 = this.#sources.size === 0 && files.config?.model_type === "deepseek_v32";
  }

  /** Can conversations be rendered? */
  get canRender(): boolean {
    return this.#isDeepseekV32 || this.#sources.size > 0;
  }

  source(name: string): string | null {
    return this.#sources.get(name) ?? null;
  }

  get names(): string[] {
    return [...this.#sources.keys()];
  }

  render(messages: readonly ChatMessage[], options: ChatOptions): string {
    checkMessages(messages);
    if (this.#isDeepseekV32) {
      checkDeepseekV32Options(options);
      return renderDeepseekV32(messages, options);
    }
    const name = options.template ?? "default";
    const template = this.#template(name);
    const source = this.source(name) ?? "";
    checkChatOptions(options, source);
    const seen = templateMessages(messages, source);
    try {
      return template.render({
        ...this.#texts,
        ...templateVariables(options),
        ...options.variables,
        messages: seen,
        add_generation_prompt: options.addGenerationPrompt ?? true,
      });
    } catch (cause) {
      throw new InputError(
        "ERR_CHAT",
        `chat: expected messages the model's chat template accepts, got "${messageOf(cause)}" from it. Look at the roles and their order.`,
        { cause },
      );
    }
  }

  #template(name: string): Template {
    const known = this.#parsed.get(name);
    if (known) return known;
    const source = this.#sources.get(name);
    if (source === undefined)
      throw new ConfigError(
        "ERR_NO_CHAT_TEMPLATE",
        this.#sources.size === 0
          ? "chat: expected a chat template in tokenizer_config.json or chat_template.jinja, got none. This is a base model: pass plain text."
          : `chat: expected a template named ${this.names.join(" or ")}, got ${JSON.stringify(name)}. Choose one of these.`,
      );
    try {
      const template = new Template(source);
      this.#parsed.set(name, template);
      return template;
    } catch (cause) {
      throw new ConfigError(
        "ERR_CHAT_TEMPLATE",
        `chat: expected a Jinja template, got one that does not parse: ${messageOf(cause)}. Download the tokenizer's files again, or pass plain text.`,
        { cause },
      );
    }
  }
}

/** tokenizer_config.json holds one template or a list of named ones; a file of its own goes before it. */
function sourcesOf(files: TokenizerFiles): Map<string, string> {
  const sources = new Map<string, string>();
  const inConfig = files.tokenizerConfig?.chat_template;
  if (typeof inConfig === "string") sources.set("default", inConfig);
  if (Array.isArray(inConfig))
    for (const entry of inConfig as (JsonObject | null)[])
      if (typeof entry?.name === "string" && typeof entry.template === "string")
        sources.set(entry.name, entry.template);
  if (files.chatTemplate !== undefined) sources.set("default", files.chatTemplate);
  return sources;
}

function checkMessages(messages: readonly ChatMessage[]): void {
  const fix = 'Pass a list such as [{ role: "user", content: "Hello" }].';
  if (!Array.isArray(messages) || messages.length === 0)
    throw new InputError("ERR_CHAT", `chat: expected at least one message, got none. ${fix}`);
  for (const [index, message] of messages.entries())
    if (typeof message?.role !== "string" || !isContent(message))
      throw new InputError(
        "ERR_CHAT",
        `chat: expected role and content of message ${index} to be strings, got ${JSON.stringify(message)?.slice(0, 80)}. ${fix}`,
      );
}

/** Text, or nothing beside tool calls. */
function isContent(message: ChatMessage): boolean {
  const { content = null } = message;
  return content === null ? toolCallsOf(message).length > 0 : typeof content === "string";
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
