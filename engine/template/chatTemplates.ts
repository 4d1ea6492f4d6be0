import { ConfigError, InputError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ChatMessage, ChatOptions } from "./chat.ts";
import { checkChatOptions, checkDeepseekV32Options } from "./checkChatOptions.ts";
import { renderDeepseekV32 } from "./deepseekV32.ts";
import { dictFromJs } from "./jinja/fromJs.ts";
import { JinjaTemplate } from "./jinja/jinjaTemplate.ts";
import { TemplateRaised, UnsupportedByUs } from "./jinja/templateErrors.ts";
import type { Value } from "./jinja/values.ts";
import { templateMessages, templateVariables } from "./templateMessages.ts";
import { toolCallsOf } from "./toolMessages.ts";

/** The files that templates come from, parsed. */
interface TemplateFiles {
  /** tokenizer_config.json */
  readonly tokenizerConfig?: JsonObject;
  /** The text of chat_template.jinja; goes before the template in tokenizer_config.json. */
  readonly chatTemplate?: string;
  /** config.json */
  readonly config?: JsonObject;
}

/**
 * What turns a model's conversations into text: its Jinja templates, parsed when first used; for a DeepSeek-V3.2 without any,
 * its own encoding.
 */
export class ChatTemplates {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, JinjaTemplate>();
  readonly #texts: Readonly<Record<string, string>>;
  readonly #isDeepseekV32: boolean;

  /** @param texts of special tokens, by the names templates use */
  constructor(files: TemplateFiles, texts: Readonly<Record<string, string>>) {
    this.#sources = sourcesOf(files);
    this.#texts = texts;
    this.#isDeepseekV32 = this.#sources.size === 0 && files.config?.model_type === "deepseek_v32";
  }

  /** Can conversations be rendered? */
  get canRender(): boolean {
    return this.#isDeepseekV32 || this.#sources.size > 0;
  }

  /** What renders them; null where nothing does. */
  get encoder(): "jinja" | "deepseek_v32" | null {
    if (this.#isDeepseekV32) return "deepseek_v32";
    return this.#sources.size > 0 ? "jinja" : null;
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
    const given = { ...this.#texts, ...templateVariables(options), ...options.variables };
    const variables = dictFromJs({
      ...given,
      messages: templateMessages(messages, source),
      add_generation_prompt: options.addGenerationPrompt ?? true,
    });
    try {
      return template.render(variables.entries as [string, Value][]);
    } catch (cause) {
      throw unrendered(cause);
    }
  }

  #template(name: string): JinjaTemplate {
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
      const template = new JinjaTemplate(source);
      this.#parsed.set(name, template);
      return template;
    } catch (cause) {
      if (cause instanceof UnsupportedByUs) throw unrendered(cause);
      throw new ConfigError(
        "ERR_CHAT_TEMPLATE",
        `chat: expected a Jinja template, got one that does not parse: ${messageOf(cause)}. Download the tokenizer's files again, or pass plain text.`,
        { cause },
      );
    }
  }
}

/** Why a template does not render: it refuses the messages itself, this engine does not know a part of it, or Python fails too. */
function unrendered(cause: unknown): InputError {
  const got = messageOf(cause);
  const message =
    cause instanceof UnsupportedByUs
      ? `chat: expected a template within the part of Jinja that this engine renders, got ${got}. Render the conversation with transformers and pass the text to generate.`
      : cause instanceof TemplateRaised
        ? `chat: expected messages the model's chat template accepts, got "${got}" from it. Look at the roles and their order.`
        : `chat: expected messages the model's chat template can render, got "${got}" from it, as Python's Jinja gives. Look at what the messages and tools leave out and what the template reads of them.`;
  return new InputError("ERR_CHAT", message, { cause });
}

/** tokenizer_config.json holds one template or a list of named ones; a file of its own goes before it. */
function sourcesOf(files: TemplateFiles): Map<string, string> {
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
