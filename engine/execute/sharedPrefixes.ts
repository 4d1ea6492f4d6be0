import type { CompiledEdits } from "../act/compileEdits.ts";
import { AbortedError } from "../base/errors.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { Batch } from "./batch.ts";
import type { BatchedExecution, PrefixSource, TakenPrefix } from "./batchedExecution.ts";
import { type CommonPrefix, commonPrefixes } from "./commonPrefixes.ts";
import { LogitRows } from "./logitRows.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { prefill } from "./prefill.ts";
import { promptChunks } from "./promptChunks.ts";
import { rotaryLength } from "./rotaryTables.ts";
import type { StepTaken } from "./stepTaken.ts";
import type { TensorGroup } from "./tensorGroup.ts";

/** A prompt of a batch. */
interface PrefixPrompt {
  readonly ids: readonly number[];
  /** Which rows are wanted of it; none is put there. */
  readonly logits: LogitRows;
  /** What is changed in its forward pass. */
  readonly edits: CompiledEdits | null;
}

export interface SharedPrefixesParts {
  readonly device: ModelDevice;
  readonly batch: Batch;
  /** In the order in which they begin. */
  readonly prompts: readonly PrefixPrompt[];
  readonly keep: Keep;
  readonly capture: ReadonlySet<string>;
  /** Whether the prompts' tokens have their log probabilities. */
  readonly promptLogprobs: boolean;
  readonly chunkSize: number;
  /** Sequences that have a cache at the same time. */
  readonly atOnce: number;
  readonly signal: AbortSignal | undefined;
}

/** A prefix that was computed or is being computed. */
interface Held {
  /** The prompt whose run is charged with it: the first that needed it. */
  readonly payer: number;
  readonly computed: Promise<TakenPrefix>;
  /** What it holds on the device once it is computed. */
  storage: TensorGroup | null;
  /** Prompts and longer prefixes that have not taken it yet. */
  left: number;
}

/**
 * What prompts of a batch have in common at their beginnings. It is computed once, as a sequence of the batch's, when the
 * first prompt needs it; its caches and all that is kept of it are copied for each prompt; and it is freed when the last
 * one has it. Only rows are shared that have the same bits in each of the prompts alone: of the same tokens before them,
 * rotary tables, and form of attention. Prefixes that begin with a shorter one go on from that.
 */
export class SharedPrefixes {
  readonly #parts: SharedPrefixesParts;
  readonly #ofPrompt: readonly (CommonPrefix | null)[];
  readonly #users = new Map<CommonPrefix, number>();
  readonly #held = new Map<CommonPrefix, Held>();
  #isOver = false;

  constructor(parts: SharedPrefixesParts) {
    this.#parts = parts;
    const { device, prompts, chunkSize, atOnce } = parts;
    const numbers = new Map<string, number>();
    const rows = prompts.map((prompt) => prefixRows(device.spec, prompt, chunkSize, numbers));
    this.#ofPrompt = commonPrefixes(rows, { most: Math.ceil(atOnce / 4) });
    const prefixes = new Set(this.#ofPrompt);
    for (const prefix of prefixes) if (prefix?.parent) prefixes.add(prefix.parent);
    const use = (prefix: CommonPrefix | null) =>
      prefix && this.#users.set(prefix, (this.#users.get(prefix) ?? 0) + 1);
    this.#ofPrompt.forEach(use);
    for (const prefix of prefixes) use(prefix?.parent ?? null);
  }

  /** What a prompt begins with; null: nothing that it shares. */
  of(prompt: number): PrefixSource | null {
    return this.#source(this.#ofPrompt[prompt] ?? null, prompt);
  }

  /** Frees what waits for prompts that will not come. What is being computed ends with the batch. */
  dispose(): void {
    this.#isOver = true;
    for (const { storage } of this.#held.values()) storage?.freeAll();
    this.#held.clear();
  }

  #source(prefix: CommonPrefix | null, prompt: number): PrefixSource | null {
    if (prefix === null) return null;
    return {
      nTokens: prefix.nTokens,
      take: async () => {
        const held = this.#hold(prefix, prompt);
        const taken = await held.computed;
        return held.payer === prompt ? taken : { ...taken, steps: taken.steps.map(asShared) };
      },
      done: () => {
        const held = this.#held.get(prefix);
        if (held === undefined) this.#users.set(prefix, (this.#users.get(prefix) ?? 1) - 1);
        if (held === undefined || --held.left > 0) return;
        this.#held.delete(prefix);
        held.storage?.freeAll();
      },
    };
  }

  #hold(prefix: CommonPrefix, payer: number): Held {
    const known = this.#held.get(prefix);
    if (known !== undefined) return known;
    const { batch, prompts, keep, capture, promptLogprobs, chunkSize } = this.#parts;
    const { ids, edits } = prompts[payer] as PrefixPrompt;
    const { nTokens } = prefix;
    const execution = batch.begin(
      {
        capacity: nTokens,
        nPrompt: ids.length,
        rows: Math.min(chunkSize, nTokens),
        keep,
        capture,
        edits,
        promptLogprobs,
      },
      this.#source(prefix.parent, payer),
    );
    const computed = this.#compute(prefix, execution, ids).then((taken) => {
      held.storage = taken.storage;
      return taken;
    });
    const left = this.#users.get(prefix) ?? 1;
    const held: Held = { payer, computed, storage: null, left };
    this.#held.set(prefix, held);
    return held;
  }

  async #compute(
    { nTokens, prompts: users }: CommonPrefix,
    execution: BatchedExecution,
    ids: readonly number[],
  ): Promise<TakenPrefix> {
    const { device, prompts, chunkSize, signal } = this.#parts;
    const wanted = new Set(
      users.flatMap((user) => {
        const { ids: all, logits } = prompts[user] as PrefixPrompt;
        return logits.wantedOf(0, nTokens, { end: all.length });
      }),
    );
    const logits = LogitRows.ofPositions(wanted, device.spec.nVocab);
    try {
      await prefill(device, execution, ids, logits, { chunkSize, until: nTokens, signal });
      if (this.#isOver) throw new AbortedError();
      execution.leave();
      const { storage, steps } = execution;
      return { storage, nTokens, steps, logits };
    } catch (error) {
      execution.dispose();
      throw error;
    }
  }
}

/**
 * Numbers that say which rows of prompts have the same bits, as `commonPrefixes` wants them.
 * @param numbers of rows by what they depend on, the same for all prompts
 */
function prefixRows(
  spec: ModelSpec,
  { ids, edits }: PrefixPrompt,
  chunkSize: number,
  numbers: Map<string, number>,
): Int32Array {
  const rows = new Int32Array(ids.length + 1);
  const places = [...(edits?.changes.rows.values() ?? [])];
  const cuts = edits?.cuts ?? [];
  rows[0] = rotaryLength(spec, ids.length);
  rows[1] = ids[0] ?? 0;
  for (const { start, end, form } of promptChunks(spec, ids.length, chunkSize)) {
    const formNumber = numberOf(numbers, form.join(" "));
    for (let t = start; t < Math.min(end, ids.length - 1); t++) {
      const edited = places.map(({ width, data }) => data.subarray(t * width, (t + 1) * width));
      const cut = cuts.map(({ span }) => t >= span.start && t < span.end);
      rows[t + 2] = numberOf(numbers, [ids[t + 1], formNumber, ...edited, ...cut].join(" "));
    }
  }
  return rows;
}

/** The number of a text: the same for the same text. */
function numberOf(numbers: Map<string, number>, text: string): number {
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  return number;
}

/** A step that another run is charged with. */
function asShared(step: StepTaken): StepTaken {
  return { ...step, durationMs: 0, isShared: true };
}
