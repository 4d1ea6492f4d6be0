import { Mutex } from "../base/mutex.ts";
import { keptBytes } from "../execute/keptBytes.ts";
import { keptValues } from "../plan/keptValues.ts";
import type { Site } from "../plan/sites/site.ts";
import { replay } from "./replay.ts";
import type { RunState } from "./runState.ts";
import { resolveSelection, type Selection } from "./selection.ts";

/** Bytes up to which one replay for a layer's attention brings all layers'. */
const TOGETHER_BYTES = 2 ** 28;

/** Brings what a run has not kept, by running its tokens again; it then stays with the run. */
export class RunReplays {
  readonly #state: RunState;
  readonly #assertLive: () => void;
  /** What is asked for at once is replayed once. */
  readonly #replaying = new Mutex();

  constructor(state: RunState, assertLive: () => void) {
    this.#state = state;
    this.#assertLive = assertLive;
  }

  /** Values that sites need and the run has not. */
  missing(sites: readonly Site[]): string[] {
    const { storage } = this.#state;
    const needs = new Set(sites.flatMap((site) => site.needs));
    return [...needs].filter((value) => storage.get(value) === undefined);
  }

  /** @throws BackendError ERR_DISPOSED, ERR_REPLAY_DIFFERS */
  async ensure(sites: readonly Site[]): Promise<void> {
    this.#assertLive();
    if (this.missing(sites).length > 0)
      await this.#replaying.run(() => this.#bring(this.missing(sites)));
  }

  /** Rows of logits. @throws as `ensure`; InputError ERR_SELECTION */
  async ensureLogits(site: Site, selection: Selection): Promise<void> {
    const state = this.#state;
    this.#assertLive();
    const shape = [state.nTokens, state.device.spec.nVocab];
    const [tokens] = resolveSelection(site, shape, selection);
    if (tokens === undefined) throw new Error(`${site.name} has no axes`);
    const asked = Array.from({ length: tokens.count }, (_, i) => tokens.start + i);
    await this.#replaying.run(async () => {
      const logits = asked.filter((position) => !state.logits.has(position));
      if (logits.length > 0) await replay(state, { logits });
    });
  }

  async #bring(missing: readonly string[]): Promise<void> {
    if (missing.length === 0) return;
    const state = this.#state;
    const ofAttention = keptValues(state.device.spec, "attention").filter(
      (value) => state.storage.get(value) === undefined,
    );
    const isAttention = missing.some((value) => ofAttention.includes(value));
    const bytes = isAttention ? this.#bytesOf(ofAttention) : Number.POSITIVE_INFINITY;
    const together = bytes <= TOGETHER_BYTES ? ofAttention : [];
    await replay(state, { capture: new Set([...missing, ...together]) });
  }

  #bytesOf(values: readonly string[]): number {
    const { nTokens, device } = this.#state;
    const planned = { nPrompt: nTokens, capacity: nTokens, rows: 1, logitRows: 0 };
    const capture = new Set(values);
    return keptBytes(device, { ...planned, keep: "nothing", capture }).capturedBytes;
  }
}
