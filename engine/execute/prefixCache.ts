import { rowSize } from "../backend/tensorSize.ts";
import { BackendError, InputError } from "../base/errors.ts";
import type { AttentionForm } from "../plan/plan.ts";
import { isDraftValue } from "../plan/planMtp.ts";
import { type GroupOwner, TensorGroup } from "./tensorGroup.ts";

/** Tokens in a row, and what else their rows depend on: sequences that agree in it have the same bits there. */
export interface RowsKey {
  readonly ids: readonly number[];
  /** The form of attention in which each of them is computed. */
  readonly forms: readonly AttentionForm[];
  /** As `rotaryLength` gives it. */
  readonly rotaryLength: number;
}

/** Rows of positions [0, nTokens) of a sequence that has ended. */
export interface CachedPrefix {
  /** Caches, and what the sequence kept; valid until anything else is done to the cache. */
  readonly storage: TensorGroup;
  readonly nTokens: number;
}

/** What `model.deviceMemory` tells of the cache of prefixes. */
export interface PrefixCacheUse {
  /** The most that it may hold: `prefixCacheBytes`. */
  readonly budgetBytes: number;
  readonly bytes: number;
  /** Sequences that it holds. */
  readonly entries: number;
  /** Prompts that began with rows of one of them, and those that found none. */
  readonly hits: number;
  readonly misses: number;
  /** Tokens whose rows were there. */
  readonly hitTokens: number;
}

interface Entry {
  readonly key: RowsKey;
  readonly storage: TensorGroup;
}

/**
 * What sequences that have ended computed, for later ones that begin with the same tokens. An entry has copies of a sequence's rows
 * but the last, whose log probability is of a token that nobody knows yet. Within `budgetBytes`, those used least recently
 * make room. Entries are few, as many as conversations go on at a time: they are a list, which is searched from end to end.
 */
export class PrefixCache {
  readonly #owner: GroupOwner;
  readonly #budgetBytes: number;
  /** Least recently used first. */
  #entries: Entry[] = [];
  #hits = 0;
  #misses = 0;
  #hitTokens = 0;

  /** @param budgetBytes 0: it keeps nothing and is not asked */
  constructor(owner: GroupOwner, budgetBytes: number) {
    this.#owner = owner;
    this.#budgetBytes = budgetBytes;
  }

  get isOn(): boolean {
    return this.#budgetBytes > 0;
  }

  get use(): PrefixCacheUse {
    return {
      budgetBytes: this.#budgetBytes,
      bytes: this.#bytes,
      entries: this.#entries.length,
      hits: this.#hits,
      misses: this.#misses,
      hitTokens: this.#hitTokens,
    };
  }

  get #bytes(): number {
    return this.#entries.reduce((sum, { storage }) => sum + storage.bytes, 0);
  }

  /**
   * The longest rows that a sequence can begin with. Those whose last token has another one behind it there are not the same:
   * their log probability is of that.
   * @param kept what the sequence keeps
   * @param most rows that are of use
   * @param needed names of `kept`: an entry that lacks any of them does not serve. Default: all
   */
  find(
    key: RowsKey,
    kept: TensorGroup,
    most: number,
    needed: readonly string[] = kept.names(),
  ): CachedPrefix | null {
    let found: Entry | null = null;
    let nTokens = 0;
    for (const entry of this.#entries) {
      const same = Math.min(most, sameRows(entry.key, key));
      if (same === 0 || same < nTokens || !holdsAll(entry.storage, kept, needed)) continue;
      found = entry;
      nTokens = same;
    }
    if (found === null) {
      this.#misses += 1;
      return null;
    }
    this.#hits += 1;
    this.#hitTokens += nTokens;
    this.#touch(found);
    return { storage: found.storage, nTokens };
  }

  /**
   * Copies what a sequence computed, unless that is there already or has no room. Entries that begin as it does and go no further are
   * in it, and go.
   * @param storage its caches and what it kept
   * @param offered names of what may be copied of it. Default: all
   */
  give(key: RowsKey, storage: TensorGroup, offered: readonly string[] = storage.names()): void {
    const nTokens = key.ids.length - 1;
    const names = offered.filter((name) => !isDraftValue(name));
    const bytes = names.reduce((sum, name) => sum + bytesOfRows(storage, name, nTokens), 0);
    if (nTokens < 1 || bytes > this.#budgetBytes) return;
    const same = this.#entries.find((entry) => isWithin({ key, storage, names }, entry));
    if (same !== undefined) {
      this.#touch(same);
      return;
    }
    for (const entry of this.#entries)
      if (isWithin({ ...entry, names: entry.storage.names() }, { key, storage })) this.#drop(entry);
    while (this.#bytes + bytes > this.#budgetBytes) this.#drop(this.#entries[0] as Entry);
    const copy = this.#copied(storage, names, nTokens);
    if (copy !== null) this.#entries.push({ key, storage: copy });
  }

  /** @returns whether there was anything to free */
  freeAll(): boolean {
    const hadAny = this.#entries.length > 0;
    for (const entry of this.#entries) this.#drop(entry);
    return hadAny;
  }

  /** Null where the device has no memory left for it: a sequence that has ended is not to fail for that. */
  #copied(storage: TensorGroup, names: readonly string[], nTokens: number): TensorGroup | null {
    const copy = new TensorGroup(this.#owner);
    try {
      for (const name of names) storage.copy(name, copy, nTokens);
      return copy;
    } catch (error) {
      copy.freeAll();
      if (error instanceof BackendError && error.code === "ERR_OUT_OF_MEMORY") return null;
      throw error;
    }
  }

  #touch(entry: Entry): void {
    this.#entries = [...this.#entries.filter((other) => other !== entry), entry];
  }

  #drop(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.storage.freeAll();
  }
}

/** How many rows from the first on are the same in both: each depends on the tokens up to it, and on the one behind. */
function sameRows(a: RowsKey, b: RowsKey): number {
  if (a.rotaryLength !== b.rotaryLength || a.ids[0] !== b.ids[0]) return 0;
  const most = Math.min(a.ids.length, b.ids.length) - 1;
  let t = 0;
  while (t < most && a.ids[t + 1] === b.ids[t + 1] && a.forms[t] === b.forms[t]) t++;
  return t;
}

/** Whether another sequence has all rows of one, and all that is kept of them. */
function isWithin(
  { key, storage, names }: Entry & { readonly names: readonly string[] },
  other: Entry,
): boolean {
  const isSame = sameRows(key, other.key) === key.ids.length - 1;
  return isSame && names.every((name) => hasRows(other.storage, storage, name));
}

function holdsAll(storage: TensorGroup, kept: TensorGroup, names: readonly string[]): boolean {
  return names.every((name) => hasRows(storage, kept, name));
}

/** Whether both have rows of a name, of one size: some are as wide as the caches of the frame that made them. */
function hasRows(storage: TensorGroup, other: TensorGroup, name: string): boolean {
  const [one, two] = [storage.get(name), other.get(name)];
  return one !== undefined && two !== undefined && rowSize(one) === rowSize(two);
}

function bytesOfRows(storage: TensorGroup, name: string, nTokens: number): number {
  const tensor = storage.get(name);
  return tensor === undefined ? 0 : (tensor.sizeBytes * nTokens) / (tensor.shape[0] ?? 1);
}

/** @throws InputError ERR_OPTION */
export function checkPrefixCacheBytes(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return;
  throw new InputError(
    "ERR_OPTION",
    `prefixCacheBytes: expected a whole number of bytes, 0 for no cache, got ${bytes}. Correct the option.`,
  );
}
