import type { CompiledEdits } from "../act/compileEdits.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import { BatchedExecution } from "../execute/batchedExecution.ts";
import type { Execution, ExecutionOptions } from "../execute/execution.ts";
import type { LogitRows } from "../execute/logitRows.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { prefill } from "../execute/prefill.ts";
import type { Run } from "../look/run.ts";
import type { GeneratedNote } from "../look/tokenRecords.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { DraftRecord } from "../trace/schema.ts";
import { type Acceptance, AcceptanceCount } from "./acceptance.ts";
import type { LikelyToken } from "./likeliest.ts";
import { catchUp, PlainDecoding } from "./plainDecoding.ts";
import { Sampler } from "./sampler.ts";
import type { SamplingOptions } from "./samplingOptions.ts";
import type { Decoding, Sequence } from "./sequence.ts";
import { Speculation } from "./speculation.ts";
import { StopStrings } from "./stopStrings.ts";
import type { ThinkingRules } from "./thinking/thinkingRules.ts";
import { type Thinking, ThinkingState } from "./thinking/thinkingState.ts";

/**
 * stop: an end token or a stop string; length: maxTokens or the context was reached; aborted: by the signal, or the loop
 * was left early; failed: the device threw.
 */
export type FinishReason = "stop" | "length" | "aborted" | "failed";

/** One step of a generation. */
export interface GeneratedToken {
  readonly id: number;
  /** Text that became certain with this token; empty inside a split character or a possible stop string. */
  readonly text: string;
  /** Position in the sequence; the prompt's tokens come first. */
  readonly index: number;
  /** Natural log of the token's probability under the raw logits; within f32 rounding of what `run` tells of it. */
  readonly logprob: number;
  /**
   * Measured: the step that made the token's logits, and choosing it; tokens of one step share its time, that of its drafts
   * included. The first token's includes the prompt.
   */
  readonly durationMs: number;
  /** What was drafted at its place; always "plain" without speculative decoding. */
  readonly draft: DraftRecord;
  /** The likeliest tokens at its place, descending, under the raw logits too; there where `topLogprobs` asks for them. */
  readonly likeliest?: readonly LikelyToken[];
  /** Between the marks of thinking, marks included. */
  readonly thinking: boolean;
  /** Put there by a rule of `thinking`, not chosen. */
  readonly forced: boolean;
}

/**
 * complete: the model ended it, or a stop string; cut: a limit, the signal or a failure came before its end; none: the text
 * ended before the first token of it, while the model thought or earlier.
 */
export type AnswerState = "complete" | "cut" | "none";

export interface GenerationParts {
  readonly device: ModelDevice;
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  /** Tokens drafted ahead of each verification; 0: plain decoding. */
  readonly draftTokens: number;
  /** Likeliest tokens to tell of at every place. */
  readonly topLogprobs: number;
  /** Have the prompt's tokens' log probabilities. */
  readonly promptLogprobs: boolean;
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  readonly eosIds: readonly number[];
  /** Null where the model does not think in a form that shows. */
  readonly thinking: ThinkingRules | null;
  readonly chunkSize: number;
  readonly keep: Keep;
  readonly capture: ReadonlySet<string>;
  /** Reads the numbers that edits take from other runs. */
  readonly edits: () => Promise<CompiledEdits | null>;
  /** Takes the rows that the run keeps. */
  readonly logits: LogitRows;
  readonly signal: AbortSignal | undefined;
  /** Ids to text, character by character; null where the model has no tokenizer. */
  readonly decoder: { push(id: number): string; flush(): string } | null;
  /** Where the sequence is executed: alone, or among others, when there is a place. */
  readonly begin: (
    options: ExecutionOptions,
  ) => Execution | BatchedExecution | Promise<BatchedExecution>;
  /** Takes the execution over. */
  readonly makeRun: (
    execution: Execution | BatchedExecution,
    ids: readonly number[],
    logits: LogitRows,
    generated: readonly GeneratedNote[],
  ) => Promise<Run>;
}

/** Of the execution: positions to make room for, and tokens of the longest step. */
export function generationSizes(
  nPrompt: number,
  {
    maxTokens,
    chunkSize,
    draftTokens,
  }: Pick<GenerationParts, "maxTokens" | "chunkSize" | "draftTokens">,
) {
  const rows = Math.max(Math.min(chunkSize, nPrompt), draftTokens + 1);
  return { nPrompt, capacity: nPrompt + maxTokens, rows };
}

/**
 * Text as it is generated: iterate over it once. Leaving the loop early, an exception in it and the signal all end the
 * generation and leave the model usable.
 */
export class Generation implements AsyncIterable<GeneratedToken> {
  readonly #parts: GenerationParts;
  readonly #sampler: Sampler;
  readonly #state: ThinkingState;
  #thinking: Thinking;
  #nAnswer = 0;
  #started = false;
  #text = "";
  #finishReason: FinishReason | null = null;
  #run: Run | null = null;
  readonly #acceptance = new AcceptanceCount();
  readonly #notes: GeneratedNote[] = [];

  /** Generations come from `model.generate`. */
  constructor(parts: GenerationParts) {
    this.#parts = parts;
    this.#sampler = new Sampler(parts.sampling, parts);
    this.#state = new ThinkingState(parts.thinking, parts);
    this.#thinking = this.#state.thought;
  }

  /** What was generated so far; end tokens and stop strings are not part of it. */
  get text(): string {
    return this.#text;
  }

  /** Null until the end. */
  get finishReason(): FinishReason | null {
    return this.#finishReason;
  }

  /** How it has thought so far. */
  get thinking(): Thinking {
    return this.#thinking;
  }

  /** What became of the answer; null until the end. */
  get answer(): AnswerState | null {
    if (this.#finishReason === null) return null;
    if (this.#thinking.ended === "open") return "none";
    if (this.#finishReason === "stop") return "complete";
    return this.#nAnswer > 0 ? "cut" : "none";
  }

  /** How many drafts the model accepted so far, in all and by their place in a step. */
  get acceptance(): Acceptance {
    return this.#acceptance.value;
  }

  /** The run over the prompt and the generated tokens. @throws InputError ERR_NOT_FINISHED before the end */
  get run(): Run {
    if (this.#run === null)
      throw new InputError(
        "ERR_NOT_FINISHED",
        `generation.run: expected a generation that has ended, got ${this.#describe()}. Iterate over the generation first.`,
      );
    return this.#run;
  }

  [Symbol.asyncIterator](): TokenStream {
    if (this.#started)
      throw new InputError(
        "ERR_CONSUMED",
        "generation: expected to be iterated once, got a second time. Call model.generate again; the same seed gives the same text.",
      );
    this.#started = true;
    const slot: StreamSlot = { execution: null, decoding: null, stream: null, forgetSignal: null };
    const stream = this.#stream(slot);
    slot.stream = new WeakRef(stream);
    abandoned.register(stream, slot);
    return stream;
  }

  toString(): string {
    return `Generation (${this.#describe()}): ${JSON.stringify(this.#text)}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #describe(): string {
    if (this.#finishReason !== null) return `finished: ${this.#finishReason}`;
    return this.#started ? "one that is going on" : "one that has not begun";
  }

  async *#stream(slot: StreamSlot): TokenStream {
    const { promptIds, logits, signal } = this.#parts;
    const execution = await this.#begin();
    if (execution === null) return;
    slot.execution = execution;
    slot.forgetSignal = endWithSignal(slot.stream, signal);
    const sequence: Sequence = { execution, ids: [...promptIds], logits, coming: [] };
    let broken = false;
    try {
      slot.decoding = this.#decoding(sequence);
      yield* this.#decode(sequence, slot.decoding, await this.#prompt(sequence));
    } catch (error) {
      if (error instanceof AbortedError && signal?.aborted) return;
      broken = true;
      this.#finishReason = "failed";
      throw error;
    } finally {
      slot.forgetSignal();
      slot.decoding?.dispose();
      slot.execution = null;
      this.#finishReason ??= "aborted"; // a consumer that leaves early comes here without an error
      if (broken || execution.position < promptIds.length) execution.dispose();
      else await this.#finish(sequence);
    }
  }

  /** @returns null where the signal fired before there was a place */
  async #begin(): Promise<Execution | BatchedExecution | null> {
    const { promptIds, maxTokens, chunkSize, keep, capture, draftTokens, signal } = this.#parts;
    const { promptLogprobs } = this.#parts;
    try {
      const edits = await this.#parts.edits();
      if (!promptLogprobs) refuseCuts(edits);
      return await this.#parts.begin({
        edits,
        promptLogprobs,
        ...generationSizes(promptIds.length, { maxTokens, chunkSize, draftTokens }),
        keep,
        capture,
        drafts: draftTokens > 0,
      });
    } catch (error) {
      const isAborted = error instanceof AbortedError && signal?.aborted === true;
      this.#finishReason = isAborted ? "aborted" : "failed";
      if (isAborted) return null;
      throw error;
    }
  }

  #decoding(sequence: Sequence): Decoding {
    const { device, draftTokens, chunkSize, signal, promptIds, maxTokens } = this.#parts;
    const { topLogprobs } = this.#parts;
    const parts = {
      ...{ device, sequence, sampler: this.#sampler, thinking: this.#state },
      ...{ topLogprobs, signal },
    };
    if (draftTokens === 0) return new PlainDecoding(parts);
    const capacity = promptIds.length + maxTokens;
    return new Speculation({ ...parts, draftTokens, chunkSize, capacity });
  }

  async #prompt({ execution, logits }: Sequence): Promise<number> {
    const { device, promptIds, chunkSize, signal } = this.#parts;
    const startedAt = performance.now();
    await prefill(device, execution, promptIds, logits, { chunkSize, sums: true, signal });
    return performance.now() - startedAt;
  }

  async *#decode(
    { ids, execution }: Sequence,
    decoding: Decoding,
    promptMs: number,
  ): AsyncGenerator<GeneratedToken, void> {
    const { maxTokens, stop, eosIds, promptIds, decoder } = this.#parts;
    const stops = new StopStrings(stop);
    const pending: Omit<GeneratedToken, "text">[] = [];
    let sharedMs = promptMs;
    while (this.#finishReason === null) {
      const startedAt = performance.now();
      const chosen = await decoding.next(maxTokens + promptIds.length - ids.length);
      const durationMs = (sharedMs + performance.now() - startedAt) / chosen.length;
      sharedMs = 0;
      for (const [position, { thought, ...token }] of chosen.entries()) {
        const { id, draft, thinking, forced } = token;
        const isEnd = eosIds.includes(id);
        this.#acceptance.note(draft, position);
        this.#thinking = thought;
        if (isEnd) this.#finishReason = "stop";
        else {
          pending.push({ ...token, index: ids.length, durationMs });
          ids.push(id);
          this.#note({ draft, thinking, forced });
        }
        const isFull = ids.length === promptIds.length + maxTokens;
        let piece = isEnd ? "" : (decoder?.push(id) ?? "");
        if (isEnd || isFull) piece += decoder?.flush() ?? "";
        const { pieces, stopped } = isEnd ? { pieces: [], stopped: false } : stops.push(piece);
        if (stopped) this.#finishReason = "stop";
        else if (isFull) this.#finishReason = "length";
        if (this.#finishReason !== null) pieces.push(...stops.flush());
        for (const text of pieces) {
          const token = pending.shift();
          if (token === undefined) break;
          this.#text += text;
          yield { ...token, text };
        }
        if (isEnd) this.#text += piece;
        if (this.#finishReason !== null) return;
      }
      if (!(execution instanceof BatchedExecution)) await breathe(); // a batch does so before each of its steps
    }
  }

  #note({ draft, thinking, forced }: Pick<GeneratedToken, "draft" | "thinking" | "forced">): void {
    if (!thinking && !forced) this.#nAnswer += 1;
    this.#notes.push({
      ...(this.#parts.draftTokens > 0 && { draft }),
      ...(thinking && { thinking }),
      ...(forced && { forced }),
    });
  }

  /** Brings the model to exactly the tokens that there are, so that the run covers them all, and hands the execution over. */
  async #finish(sequence: Sequence): Promise<void> {
    const { device, makeRun } = this.#parts;
    const { execution, ids, logits, coming } = sequence;
    try {
      if (execution.position > ids.length) execution.truncate(ids.length);
      else await catchUp({ device, sequence, signal: undefined });
      await Promise.all(coming);
      this.#run = await makeRun(execution, ids, logits, this.#notes);
    } catch (error) {
      execution.dispose();
      throw error;
    }
  }
}

/** @throws InputError ERR_OPTION for edits by functions, which are given all rows of a step between two operators */
function refuseCuts(edits: CompiledEdits | null): void {
  const [cut] = edits?.cuts ?? [];
  if (cut === undefined) return;
  throw new InputError(
    "ERR_OPTION",
    `generate promptLogprobs: expected true beside ${cut.by} in edits, which are given every row of a step, got false beside ${cut.what}. Leave promptLogprobs out.`,
  );
}

type TokenStream = AsyncGenerator<GeneratedToken, void, undefined>;

/** What ends with a stream. */
interface StreamSlot {
  execution: Execution | BatchedExecution | null;
  decoding: Decoding | null;
  stream: WeakRef<TokenStream> | null;
  forgetSignal: (() => void) | null;
}

/** Generations that were begun, never ended, and garbage-collected. */
const abandoned = new FinalizationRegistry<StreamSlot>(({ execution, decoding, forgetSignal }) => {
  forgetSignal?.();
  decoding?.dispose();
  execution?.dispose();
});

/**
 * A consumer that is itself interrupted asks for no further token: end the stream in its place.
 * @returns what stops listening to the signal
 */
function endWithSignal(
  stream: WeakRef<TokenStream> | null,
  signal: AbortSignal | undefined,
): () => void {
  const end = () => {
    stream
      ?.deref()
      ?.return()
      .catch(() => undefined); // a device that fails here has failed the consumer's own call too
  };
  signal?.addEventListener("abort", end, { once: true });
  return () => signal?.removeEventListener("abort", end);
}
