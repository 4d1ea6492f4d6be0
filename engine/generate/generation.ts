import { AbortedError, InputError } from "../errors.ts";
import { attentionForm } from "../run/attentionForm.ts";
import { breathe } from "../run/breathe.ts";
import { Execution } from "../run/execution.ts";
import type { ModelDevice } from "../run/modelDevice.ts";
import { concatenate, prefill } from "../run/prefill.ts";
import type { Run } from "../run/run.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { Sampler, type SamplingOptions } from "./sampler.ts";
import { StopStrings } from "./stopStrings.ts";

/**
 * stop: an end token or a stop string; length: maxTokens or the context was reached; aborted: by the signal, or the loop
 * was left early; failed: the device threw.
 */
export type FinishReason = "stop" | "length" | "aborted" | "failed";

export interface GeneratedToken {
  readonly id: number;
  /** Text that became certain with this token; empty inside a split character or a possible stop string. */
  readonly text: string;
  /** Position in the sequence; the prompt's tokens come first. */
  readonly index: number;
  /** Natural log of the token's probability under the raw logits. */
  readonly logprob: number;
  /** Measured: the step that made the token's logits, and choosing it. The first token's includes the prompt. */
  readonly durationMs: number;
}

export interface GenerationParts {
  readonly device: ModelDevice;
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  readonly eosIds: readonly number[];
  readonly chunkSize: number;
  readonly capture: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
  /** Ids to text, character by character; null where the model has no tokenizer. */
  readonly decoder: { push(id: number): string; flush(): string } | null;
  /** Takes the execution over. */
  readonly makeRun: (
    execution: Execution,
    ids: readonly number[],
    nPrompt: number,
    logits: HostArray,
  ) => Promise<Run>;
}

/**
 * Text as it is generated: iterate over it once. Leaving the loop early, an exception in it and the signal all end the
 * generation and leave the model usable.
 */
export class Generation implements AsyncIterable<GeneratedToken> {
  readonly #parts: GenerationParts;
  readonly #sampler: Sampler;
  #started = false;
  #text = "";
  #finishReason: FinishReason | null = null;
  #run: Run | null = null;

  /** Generations come from `model.generate`. */
  constructor(parts: GenerationParts) {
    this.#parts = parts;
    this.#sampler = new Sampler(parts.sampling);
    this.#sampler.observe(parts.promptIds);
  }

  /** What was generated so far; end tokens and stop strings are not part of it. */
  get text(): string {
    return this.#text;
  }

  /** Null until the end. */
  get finishReason(): FinishReason | null {
    return this.#finishReason;
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

  [Symbol.asyncIterator](): AsyncGenerator<GeneratedToken, void, undefined> {
    if (this.#started)
      throw new InputError(
        "ERR_CONSUMED",
        "generation: expected to be iterated once, got a second time. Call model.generate again; the same seed gives the same text.",
      );
    this.#started = true;
    const slot: ExecutionSlot = { execution: null };
    const stream = this.#stream(slot);
    abandoned.register(stream, slot);
    endWithSignal(stream, this.#parts.signal);
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

  async *#stream(slot: ExecutionSlot): AsyncGenerator<GeneratedToken, void, undefined> {
    const { device, promptIds, maxTokens, chunkSize, capture, signal } = this.#parts;
    const execution = new Execution(device, {
      capacity: promptIds.length + maxTokens,
      rows: Math.min(chunkSize, promptIds.length),
      capture,
    });
    slot.execution = execution;
    const sequence: Sequence = { execution, ids: [...promptIds], logits: [] };
    let broken = false;
    try {
      yield* this.#decode(sequence, await this.#prompt(sequence));
    } catch (error) {
      if (error instanceof AbortedError && signal?.aborted) return;
      broken = true;
      this.#finishReason = "failed";
      throw error;
    } finally {
      slot.execution = null;
      this.#finishReason ??= "aborted"; // a consumer that leaves early comes here without an error
      if (broken || execution.position < promptIds.length) execution.dispose();
      else await this.#finish(sequence);
    }
  }

  async #prompt({ execution, logits }: Sequence): Promise<number> {
    const { device, promptIds, chunkSize, signal } = this.#parts;
    const startedAt = performance.now();
    logits.push(...(await prefill(device, execution, promptIds, { chunkSize, signal })));
    return performance.now() - startedAt;
  }

  async *#decode(sequence: Sequence, promptMs: number): AsyncGenerator<GeneratedToken, void> {
    const { device, maxTokens, stop, eosIds, signal, decoder } = this.#parts;
    const { execution, ids, logits } = sequence;
    const stops = new StopStrings(stop);
    const pending: Omit<GeneratedToken, "text">[] = [];
    let stepMs = promptMs;
    for (let n = 1; this.#finishReason === null; n++) {
      const startedAt = performance.now();
      const row = (logits.at(-1) as HostArray).subarray(-device.spec.nVocab);
      const { id, logprob } = this.#sampler.sample(row);
      const isEnd = eosIds.includes(id);
      if (isEnd) this.#finishReason = "stop";
      else {
        const durationMs = stepMs + performance.now() - startedAt;
        pending.push({ id, index: ids.length, logprob, durationMs });
        ids.push(id);
        this.#sampler.observe([id]);
      }
      const isLast = isEnd || n === maxTokens;
      let piece = isEnd ? "" : (decoder?.push(id) ?? "");
      if (isLast) piece += decoder?.flush() ?? "";
      const { pieces, stopped } = isEnd ? { pieces: [], stopped: false } : stops.push(piece);
      if (stopped) this.#finishReason = "stop";
      else if (n === maxTokens && !isEnd) this.#finishReason = "length";
      if (this.#finishReason !== null) pieces.push(...stops.flush());
      for (const text of pieces) {
        const token = pending.shift();
        if (token === undefined) break;
        this.#text += text;
        yield { ...token, text };
      }
      if (isEnd) this.#text += piece;
      if (this.#finishReason !== null) return;
      await breathe();
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const stepAt = performance.now();
      logits.push(await execution.step([id], attentionForm(device.spec, 1), "decode", signal));
      stepMs = performance.now() - stepAt;
    }
  }

  /** Processes the last token too, so that the run covers every token, and hands the execution over. */
  async #finish({ execution, ids, logits }: Sequence): Promise<void> {
    const { device, promptIds, makeRun } = this.#parts;
    try {
      const rest = ids.slice(execution.position);
      if (rest.length > 0)
        logits.push(await execution.step(rest, attentionForm(device.spec, 1), "decode"));
      this.#run = await makeRun(execution, ids, promptIds.length, concatenate(logits));
    } catch (error) {
      execution.dispose();
      throw error;
    }
  }
}

interface ExecutionSlot {
  execution: Execution | null;
}

/** Generations that were begun, never ended, and garbage-collected. */
const abandoned = new FinalizationRegistry<ExecutionSlot>(({ execution }) => execution?.dispose());

/** A consumer that is itself interrupted asks for no further token: end the stream in its place. */
function endWithSignal(
  stream: AsyncGenerator<GeneratedToken, void, undefined>,
  signal: AbortSignal | undefined,
): void {
  const weak = new WeakRef(stream);
  const end = () => {
    weak
      .deref()
      ?.return()
      .catch(() => undefined); // a device that fails here has failed the consumer's own call too
  };
  signal?.addEventListener("abort", end, { once: true });
}

interface Sequence {
  readonly execution: Execution;
  readonly ids: number[];
  readonly logits: HostArray[];
}
