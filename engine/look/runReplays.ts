import { Mutex } from "../base/mutex.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { Site } from "../plan/sites/site.ts";
import type { RunState } from "./runState.ts";
import type { RunSupply } from "./runSupply.ts";
import { resolveSelection, type Selection } from "./selection.ts";

/** Who follows a replay, and may end it. */
export interface ReplayWatch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** Brings what a run has not kept, from where its supply has it; it then stays with the run. */
export class RunReplays {
  readonly #state: RunState;
  readonly #supply: RunSupply;
  readonly #assertLive: () => void;
  /** What is asked for at once is brought once. */
  readonly #bringing = new Mutex();

  constructor(state: RunState, supply: RunSupply, assertLive: () => void) {
    this.#state = state;
    this.#supply = supply;
    this.#assertLive = assertLive;
  }

  /** Values that sites need and the run has not. */
  missing(sites: readonly Site[]): string[] {
    const { storage } = this.#state;
    const needs = new Set(sites.flatMap((site) => site.needs));
    return [...needs].filter((value) => storage.get(value) === undefined);
  }

  /** @throws BackendError ERR_DISPOSED, ERR_REPLAY_DIFFERS; AbortedError ERR_ABORTED; what the supply says of a site that it does not have */
  async ensure(sites: readonly Site[], watch: ReplayWatch = {}): Promise<void> {
    this.#assertLive();
    for (const site of sites) this.#supply.check(site);
    if (this.#isThere(sites)) return;
    await this.#bringing.run(async () => {
      if (this.#isThere(sites)) return;
      await this.#supply.bring({ ...watch, capture: new Set(this.missing(sites)) }, sites);
    });
  }

  /** Rows of logits. @throws as `ensure`; InputError ERR_SELECTION */
  async ensureLogits(site: Site, selection: Selection): Promise<void> {
    const state = this.#state;
    this.#assertLive();
    const shape = [state.nTokens, state.device.spec.nVocab];
    const [tokens] = resolveSelection(site, shape, selection);
    if (tokens === undefined) throw new Error(`${site.name} has no axes`);
    const asked = Array.from({ length: tokens.count }, (_, i) => tokens.start + i);
    await this.#bringing.run(async () => {
      const logits = asked.filter((position) => !state.logits.has(position));
      if (logits.length > 0) await this.#supply.bring({ logits }, [site]);
    });
  }

  #isThere(sites: readonly Site[]): boolean {
    return this.missing(sites).length === 0 && sites.every((site) => this.#supply.isBrought(site));
  }
}
