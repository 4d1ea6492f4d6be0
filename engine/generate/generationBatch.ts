import { Arrivals } from "../base/arrivals.ts";
import { InputError } from "../base/errors.ts";
import { abandonedBatches, type BatchSlot, endBatch } from "../execute/abandonedBatches.ts";
import { Batch } from "../execute/batch.ts";
import { batchedEdits } from "../execute/batchedEdits.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { SharedPrefixes } from "../execute/sharedPrefixes.ts";
import type { Keep } from "../plan/keptValues.ts";
import { type GeneratedToken, Generation, type GenerationParts } from "./generation.ts";

/** A token of one of the texts that are generated together. */
export interface BatchToken extends GeneratedToken {
  /** Which prompt it follows, counted from 0. */
  readonly prompt: number;
}

export interface GenerationBatchParts {
  readonly device: ModelDevice;
  readonly keep: Keep;
  readonly capture: ReadonlySet<string>;
  readonly capacity: number;
  readonly rows: number;
  readonly atOnce: number;
  readonly sharePrefix: boolean;
  readonly promptLogprobs: boolean;
  readonly signal: AbortSignal | undefined;
  /** One for each prompt; what they are executed by is there when they are iterated over. */
  readonly generations: readonly Omit<GenerationParts, "begin">[];
}

type Stream = AsyncGenerator<GeneratedToken, void, undefined>;

/** A text that is being generated, and the token of it that comes next. */
interface Pulled {
  readonly prompt: number;
  readonly result: IteratorResult<GeneratedToken, void>;
}

/**
 * Several texts, generated in the same steps of the model: iterate over it once for their tokens as they come, or wait for
 * `all`. Each is the text that `model.generate` gives alone, with the same bits, where its seed is `seed` plus the number
 * of its prompt. Leaving the loop early ends all of them.
 */
export class GenerationBatch implements AsyncIterable<BatchToken> {
  /** One for each prompt: `text`, `finishReason` and `run` of each. Iterate over the batch, not over these. */
  readonly generations: readonly Generation[];
  readonly #parts: GenerationBatchParts;
  readonly #edits: readonly GenerationParts["edits"][];
  readonly #slot: BatchSlot = { batch: null, prefixes: null };
  #started = false;

  /** They come from `model.generateAll`. */
  constructor(parts: GenerationBatchParts) {
    this.#parts = parts;
    const slot = this.#slot;
    this.#edits = parts.generations.map(({ edits }) => once(edits));
    this.generations = parts.generations.map((generation, prompt) => {
      const edits = this.#edits[prompt] ?? generation.edits;
      const begin: GenerationParts["begin"] = (options) => {
        const { batch, prefixes } = slot;
        if (batch !== null) return batch.begin(options, prefixes?.of(prompt));
        throw new InputError(
          "ERR_CONSUMED",
          "generateAll: expected the batch to be iterated over, got one of its generations. Write for await (const token of batch).",
        );
      };
      return new Generation({ ...generation, edits, begin });
    });
  }

  /** Waits for the end of all texts. @returns `generations` */
  async all(): Promise<readonly Generation[]> {
    for await (const _ of this);
    return this.generations;
  }

  [Symbol.asyncIterator](): AsyncGenerator<BatchToken, void, undefined> {
    if (this.#started)
      throw new InputError(
        "ERR_CONSUMED",
        "generateAll: expected to be iterated once, got a second time. Call model.generateAll again.",
      );
    this.#started = true;
    const stream = this.#stream();
    abandonedBatches.register(stream, this.#slot);
    return stream;
  }

  async *#stream(): AsyncGenerator<BatchToken, void, undefined> {
    if (this.generations.length === 0) return;
    const { device, keep, capture, capacity, rows, atOnce, sharePrefix, signal } = this.#parts;
    const compiled = await Promise.all(this.#edits.map((edits) => edits()));
    const edits = batchedEdits(compiled);
    const most = Math.max(...this.#parts.generations.map(({ draftTokens }) => draftTokens));
    const batch = new Batch(device, {
      ...{ keep, capture, capacity, edits },
      rows: Math.max(rows, most + 1),
      drafts: most > 0,
    });
    this.#slot.batch = batch;
    if (sharePrefix) {
      const prompts = this.#parts.generations.map(({ promptIds: ids, logits }, i) => ({
        ids,
        logits,
        edits: compiled[i] ?? null,
      }));
      const { promptLogprobs } = this.#parts;
      const sizes = { chunkSize: rows, atOnce, promptLogprobs };
      const shared = { device, batch, prompts, keep, capture, ...sizes, signal };
      this.#slot.prefixes = new SharedPrefixes(shared);
    }
    const streams: Stream[] = [];
    const pulled = new Arrivals<Pulled>();
    let open = 0;
    const pull = (prompt: number) =>
      pulled.expect((streams[prompt] as Stream).next().then((result) => ({ prompt, result })));
    const begin = () => {
      const next = this.generations[streams.length];
      if (next === undefined) return;
      streams.push(next[Symbol.asyncIterator]() as Stream);
      open += 1;
      pull(streams.length - 1);
    };
    try {
      for (let i = 0; i < atOnce; i++) begin();
      while (open > 0) {
        const { prompt, result } = await pulled.next();
        if (result.done === true) {
          open -= 1;
          begin();
        } else {
          yield { ...result.value, prompt };
          pull(prompt);
        }
      }
    } finally {
      await Promise.allSettled(streams.map((stream) => stream.return()));
      endBatch(this.#slot);
    }
  }
}

/** The same promise for whoever asks. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
