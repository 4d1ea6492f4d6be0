import { checkOptions } from "../base/checkOptions.ts";
import { BackendError, InputError } from "../base/errors.ts";
import { Places } from "../base/places.ts";
import { abandonedBatches, endBatch } from "../execute/abandonedBatches.ts";
import { Batch } from "../execute/batch.ts";
import type { BatchedExecution } from "../execute/batchedExecution.ts";
import type { ExecutionOptions } from "../execute/execution.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { GENERATE_OPTIONS, type GenerateOptions } from "../generate/generateOptions.ts";
import { Generation, type GenerationParts } from "../generate/generation.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { ChatMessage } from "../template/chat.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatGeneration } from "./chatGeneration.ts";
import type { ChatGenerateOptions } from "./chatOptions.ts";
import { startChat } from "./startChat.ts";

type Input = string | readonly number[] | readonly ChatMessage[];

/** Options of `generate` that all texts of an open batch have in common. */
type Shared = "keep" | "capture" | "chunkSize";
/** Those that a text among others cannot have. */
type Alone = "edits" | "profile" | "speculate" | "draftTokens";

/** How `OpenBatch.generate` continues its input. */
export interface TogetherGenerateOptions extends Omit<GenerateOptions, Shared | Alone> {}

/** How `OpenBatch.chat` writes the conversation and generates the reply. */
export interface TogetherChatOptions extends Omit<ChatGenerateOptions, Shared | Alone> {}

const SHARED: readonly string[] = ["keep", "capture", "chunkSize"] satisfies Shared[];
const ALONE: readonly string[] = ["edits", "profile", "speculate", "draftTokens"] satisfies Alone[];

export interface OpenBatchParts {
  readonly device: ModelDevice;
  readonly keep: Keep;
  readonly capture: ReadonlySet<string>;
  /** Positions of the longest text. */
  readonly contextLength: number;
  /** Rows of the longest step. */
  readonly chunkSize: number;
  readonly atOnce: number;
  /** @throws ConfigError where the model has none */
  readonly tokenizer: () => Tokenizer;
  /** What `model.generate` makes of the call. */
  readonly parts: (input: Input, options: GenerateOptions) => Omit<GenerationParts, "begin">;
}

/**
 * Texts that share the model's steps while they are there: continuous batching. Each joins when it is iterated over and a place
 * is free, and leaves when it ends; a step waits for nobody, so that one which is read slowly, or not at all, keeps no other
 * waiting. Bits are those that `model.generate` gives alone. Between texts it holds memory and does nothing.
 */
export class OpenBatch {
  readonly #parts: OpenBatchParts;
  readonly #batch: Batch;
  readonly #places: Places;
  #isDisposed = false;

  /** They come from `model.together`. */
  constructor(parts: OpenBatchParts) {
    this.#parts = parts;
    const { device, keep, capture, contextLength, chunkSize, atOnce } = parts;
    const places = new Places(atOnce);
    this.#places = places;
    this.#batch = new Batch(device, {
      ...{ keep, capture, capacity: contextLength, rows: chunkSize, edits: null, drafts: false },
      ...{ waits: false, onLeave: () => places.giveBack() },
    });
    abandonedBatches.register(this, { batch: this.#batch, prefixes: null }, this);
  }

  /** Positions of the longest text, its prompt included. */
  get contextLength(): number {
    return this.#parts.contextLength;
  }

  /** Texts that have a place. */
  get running(): number {
    return this.#places.taken;
  }

  /** Texts that were begun and wait for a place. */
  get waiting(): number {
    return this.#places.waiting;
  }

  /**
   * Continues the input as `model.generate` does, in the batch's steps, as the result is iterated over.
   * @throws as `model.generate`; BackendError ERR_DISPOSED
   */
  generate(input: Input, options: TogetherGenerateOptions = {}): Generation {
    this.#assertOpen();
    checkOptions("together generate", options, GENERATE_OPTIONS);
    refuseShared(options);
    const parts = this.#parts.parts(input, options);
    const room = this.#parts.contextLength - parts.promptIds.length;
    if (room < 1)
      throw new InputError(
        "ERR_PROMPT_TOO_LONG",
        `prompt: expected at most ${this.#parts.contextLength - 1} tokens (the batch has room for ${this.#parts.contextLength}), got ${parts.promptIds.length}. Shorten it, or open the batch with a larger contextLength.`,
      );
    const begin = (ofText: ExecutionOptions) => this.#begin(ofText, parts.signal);
    return new Generation({ ...parts, maxTokens: Math.min(parts.maxTokens, room), begin });
  }

  /** The assistant's reply to a conversation, as `model.chat` gives it. @throws as `model.chat`; BackendError ERR_DISPOSED */
  chat(messages: readonly ChatMessage[], options: TogetherChatOptions = {}): ChatGeneration {
    this.#assertOpen();
    const model = {
      tokenizer: this.#parts.tokenizer(),
      generate: (ids: readonly number[], ofText: GenerateOptions) => this.generate(ids, ofText),
    };
    return startChat(model, messages, options);
  }

  /** Ends it, with the texts that are at work. What it holds is free when the last of them has ended. Calling it twice is fine. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    abandonedBatches.unregister(this);
    this.#places.close();
    endBatch({ batch: this.#batch, prefixes: null });
  }

  toString(): string {
    const { atOnce, contextLength } = this.#parts;
    const state = this.#isDisposed
      ? "disposed"
      : `${this.running} running, ${this.waiting} waiting`;
    return `OpenBatch of ${atOnce} texts of up to ${contextLength} tokens: ${state}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  async #begin(
    options: ExecutionOptions,
    signal: AbortSignal | undefined,
  ): Promise<BatchedExecution> {
    await this.#places.take(signal);
    try {
      return this.#batch.begin(options);
    } catch (error) {
      this.#places.giveBack();
      throw error;
    }
  }

  #assertOpen(): void {
    if (!this.#isDisposed) return;
    throw new BackendError(
      "ERR_DISPOSED",
      "together: expected an open batch, got one after dispose(). Open another with model.together().",
    );
  }
}

function refuseShared(options: GenerateOptions): void {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (SHARED.includes(name))
      throw new InputError(
        "ERR_OPTION",
        `together generate ${name}: expected where the batch is opened, for all of its texts, got it for one of them. Write model.together({ ${name} }).`,
      );
    if (ALONE.includes(name))
      throw new InputError(
        "ERR_OPTION",
        `together generate ${name}: expected none, as texts of an open batch share their steps, got it for one of them. Use model.generate, or model.generateAll.`,
      );
  }
}
