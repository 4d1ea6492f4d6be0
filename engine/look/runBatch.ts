import type { CompiledEdits } from "../act/compileEdits.ts";
import { InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { abandonedBatches, type BatchSlot, endBatch } from "../execute/abandonedBatches.ts";
import { Batch } from "../execute/batch.ts";
import { batchedEdits } from "../execute/batchedEdits.ts";
import type { BatchedExecution, PrefixSource } from "../execute/batchedExecution.ts";
import type { Planned } from "../execute/keptBytes.ts";
import type { LogitRows } from "../execute/logitRows.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { prefill } from "../execute/prefill.ts";
import { SharedPrefixes } from "../execute/sharedPrefixes.ts";
import type { Run } from "./run.ts";

/** A prompt of a batch, and what its run is to keep. */
interface BatchedPrompt extends Planned {
  readonly ids: readonly number[];
  readonly logits: LogitRows;
}

/** As it is executed. */
interface EditedPrompt extends BatchedPrompt {
  readonly edits: CompiledEdits | null;
}

export interface RunBatchParts {
  readonly device: ModelDevice;
  readonly prompts: readonly BatchedPrompt[];
  /** Of each prompt, once the numbers that edits take from other runs are read. */
  readonly edits: () => Promise<readonly (CompiledEdits | null)[]>;
  readonly chunkSize: number;
  readonly atOnce: number;
  readonly sharePrefix: boolean;
  readonly onProgress: ProgressListener | undefined;
  readonly signal: AbortSignal | undefined;
  /** Takes the execution over. */
  readonly makeRun: (
    execution: BatchedExecution,
    ids: readonly number[],
    logits: LogitRows,
  ) => Promise<Run>;
}

/**
 * Runs over several prompts, in their order and as they come: iterate over it once, or wait for `all`. Each is the run that
 * `model.run` makes of its prompt, with the same bits. Leaving the loop early ends the rest.
 */
export class RunBatch implements AsyncIterable<Run> {
  readonly #parts: RunBatchParts;
  #started = false;

  /** They come from `model.runAll`. */
  constructor(parts: RunBatchParts) {
    this.#parts = parts;
  }

  /** All runs, in the order of the prompts. Where one fails, none is left on the device. */
  async all(): Promise<Run[]> {
    const runs: Run[] = [];
    try {
      for await (const run of this) runs.push(run);
      return runs;
    } catch (error) {
      for (const run of runs) run.dispose();
      throw error;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Run, void, undefined> {
    if (this.#started)
      throw new InputError(
        "ERR_CONSUMED",
        "runAll: expected to be iterated once, got a second time. Call model.runAll again.",
      );
    this.#started = true;
    const slot: BatchSlot = { batch: null, prefixes: null };
    const stream = this.#stream(slot);
    abandonedBatches.register(stream, slot);
    return stream;
  }

  async *#stream(slot: BatchSlot): AsyncGenerator<Run, void, undefined> {
    const { device, chunkSize, atOnce, sharePrefix, signal, onProgress } = this.#parts;
    const compiled = await this.#parts.edits();
    const prompts = this.#parts.prompts.map(
      (prompt, i): EditedPrompt => ({
        ...prompt,
        edits: compiled[i] ?? null,
      }),
    );
    const [first] = prompts;
    if (first === undefined) return;
    const { keep, capture } = first;
    const batch = new Batch(device, {
      keep,
      capture,
      capacity: Math.max(...prompts.map(({ capacity }) => capacity)),
      rows: chunkSize,
      edits: batchedEdits(compiled),
      drafts: false,
    });
    slot.batch = batch;
    const sizes = { chunkSize, atOnce, promptLogprobs: true };
    const shared = { device, batch, prompts, keep, capture, ...sizes, signal };
    const prefixes = sharePrefix ? new SharedPrefixes(shared) : null;
    slot.prefixes = prefixes;
    const begun: Promise<Run>[] = [];
    let given = 0;
    try {
      for (; given < prompts.length; given++) {
        for (const prompt of prompts.slice(begun.length, given + atOnce)) {
          const prefix = prefixes?.of(begun.length) ?? null;
          const run = this.#run(batch, prompt, prefix);
          run.catch(() => undefined); // told when its turn comes
          begun.push(run);
        }
        const run = await (begun[given] as Promise<Run>);
        const done = given + 1;
        onProgress?.({ stage: "prefill", done, total: prompts.length, label: `prompt ${done}` });
        yield run;
      }
    } finally {
      endBatch(slot);
      for (const run of await Promise.allSettled(begun.slice(given + 1)))
        if (run.status === "fulfilled") run.value.dispose();
    }
  }

  async #run(
    batch: Batch,
    { ids, logits, ...sizes }: EditedPrompt,
    prefix: PrefixSource | null,
  ): Promise<Run> {
    const { device, chunkSize, signal, makeRun } = this.#parts;
    const execution = batch.begin(sizes, prefix);
    try {
      await prefill(device, execution, ids, logits, { chunkSize, signal });
      return await makeRun(execution, ids, logits);
    } catch (error) {
      execution.dispose();
      throw error;
    }
  }
}
