import type { AskKernel } from "../render/askKernel.ts";
import { type Level, samplePool, type TilePlace, tileTokens } from "./levels.ts";
import type { HeadPlace, Over, Viewport } from "./looking.ts";

/** Bytes of weights that the page holds at most, beside the small maps. */
export const HELD_BYTES = 24 * 2 ** 20;
/** Questions that are with the kernel at once: what is not seen any more is not asked. */
const AT_ONCE = 2;
/** A refused question may be asked again after this long: the kernel may only have been busy. */
const RETRY_MS = 5000;

/** Which map: of a head, or of the mean of several. */
export interface MapName {
  readonly place: HeadPlace;
  readonly over: Over;
}

type PoolKind = "mean" | "max";

/** One query in `pool` of a whole map, its keys pooled. */
interface MapSample {
  readonly pool: number;
  readonly keyOrigin: number;
  readonly weights: Float32Array; // (n, n)
}

/** Weights the page has, and the questions for those it has not. Getters return null while an answer is on its way. */
export interface HeadStore {
  /** Forgets what was wanted: whoever draws says anew what is. */
  begin(): void;
  /** Asks for what is wanted, in the order in which it was named. */
  end(): void;
  thumbnail(place: HeadPlace, poolKind: PoolKind): Float32Array | null;
  tile(map: MapName, level: Level, place: TilePlace, poolKind: PoolKind): Float32Array | null;
  /** Null also where a view wants none. */
  sample(map: MapName, viewport: Viewport, nHidden: number, poolKind: PoolKind): MapSample | null;
  /** Exact weights of one query over keys 0..query. */
  row(map: MapName, query: number): Float32Array | null;
  /** Exact weights on one key from queries 0..T-1; those before the key are 0. */
  column(map: MapName, key: number): Float32Array | null;
  /** What was refused, in words. */
  readonly error: string | null;
  /** Bytes of tiles, samples, rows and columns. */
  readonly heldBytes: number;
  /** Bytes that came so far. */
  readonly receivedBytes: number;
  /** Grows with every answer. */
  readonly version: number;
}

export interface HeadStoreOptions {
  readonly ask: AskKernel;
  readonly nTokens: number;
  readonly nHeads: number;
  readonly thumbnailPool: number;
  /** (layers, heads, n, n) max-pooled, or empty. */
  readonly thumbnails: Float32Array;
  readonly nMeaned: (map: MapName) => number;
  readonly onArrival: () => void;
}

interface Wanted {
  readonly kind: string;
  readonly question: Readonly<Record<string, unknown>>;
  readonly keep: (weights: Float32Array) => void;
}

export function headStore(options: HeadStoreOptions): HeadStore {
  const { ask, nTokens, nHeads, onArrival } = options;
  const n = Math.ceil(nTokens / options.thumbnailPool);
  const layers = new Map<string, Float32Array>();
  const held = new Map<string, Float32Array>();
  const wanted = new Map<string, Wanted>();
  const pending = new Set<string>();
  const refused = new Set<string>();
  let error: string | null = null;
  let heldBytes = 0;
  let receivedBytes = 0;
  let version = 0;

  const seeded = options.thumbnails.length / (nHeads * n * n);
  for (let layer = 0; layer < seeded; layer++)
    layers.set(`${layer} max`, options.thumbnails.subarray(layer * nHeads * n * n));

  const hold = (key: string, weights: Float32Array): void => {
    held.set(key, weights);
    heldBytes += weights.byteLength;
    for (const [oldest, { byteLength }] of held) {
      if (heldBytes <= HELD_BYTES) break;
      held.delete(oldest);
      heldBytes -= byteLength;
    }
  };

  const pump = (): void => {
    for (const [key, { kind, question, keep }] of wanted) {
      if (pending.size >= AT_ONCE) return;
      wanted.delete(key);
      pending.add(key);
      ask(kind, question)
        .then(
          ({ buffers }) => {
            const weights = new Float32Array(buffers[0] ?? new ArrayBuffer(0));
            receivedBytes += weights.byteLength;
            error = null;
            keep(weights);
          },
          (reason: unknown) => {
            refused.add(key);
            setTimeout(() => refused.delete(key), RETRY_MS);
            error = reason instanceof Error ? reason.message : String(reason);
          },
        )
        .finally(() => {
          pending.delete(key);
          version += 1;
          pump();
          onArrival();
        });
    }
  };

  const want = (key: string, question: Wanted): void => {
    if (!pending.has(key) && !refused.has(key)) wanted.set(key, question);
  };

  const fetchTile = (
    key: string,
    question: Readonly<Record<string, unknown>>,
  ): Float32Array | null => {
    const known = held.get(key);
    if (known) {
      held.delete(key);
      held.set(key, known); // most recently used last
      return known;
    }
    want(key, { kind: "tile", question, keep: (weights) => hold(key, weights) });
    return null;
  };

  return {
    get error() {
      return error;
    },
    get heldBytes() {
      return heldBytes;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    get version() {
      return version;
    },
    begin: () => wanted.clear(),
    end: pump,
    thumbnail({ layer, head }, poolKind) {
      const kind = options.thumbnailPool === 1 ? "max" : poolKind;
      const maps = layers.get(`${layer} ${kind}`);
      if (maps) return maps.subarray(head * n * n, (head + 1) * n * n);
      want(`layer ${layer} ${kind}`, {
        kind: "thumbnails",
        question: { layer, poolKind: kind },
        keep: (weights) => layers.set(`${layer} ${kind}`, weights),
      });
      return null;
    },
    tile(map, level, place, poolKind) {
      const kind = level.pool > 1 ? poolKind : "";
      const { pool, keyOrigin, tileCells } = level;
      const key = `${mapKey(map)} ${pool} ${keyOrigin} ${tileCells} ${kind} ${place.row} ${place.column}`;
      return fetchTile(key, { ...questionOf(map), ...tileTokens(place, level, nTokens), poolKind });
    },
    sample(map, viewport, nHidden, poolKind) {
      const pool = samplePool(viewport, nTokens, options.nMeaned(map));
      if (pool === null) return null;
      const weights = fetchTile(`${mapKey(map)} sample ${pool} ${nHidden} ${poolKind}`, {
        ...questionOf(map),
        ...{ queryStart: 0, queryCount: nTokens, keyStart: nHidden, keyCount: nTokens - nHidden },
        ...{ pool, poolKind, queryStep: pool },
      });
      return weights && { pool, keyOrigin: nHidden, weights };
    },
    row: (map, query) =>
      fetchTile(`${mapKey(map)} row ${query}`, {
        ...questionOf(map),
        ...{ queryStart: query, queryCount: 1, keyStart: 0, keyCount: query + 1, pool: 1 },
      }),
    column: (map, key) =>
      fetchTile(`${mapKey(map)} column ${key}`, {
        ...questionOf(map),
        ...{ queryStart: 0, queryCount: nTokens, keyStart: key, keyCount: 1, pool: 1 },
      }),
  };
}

function questionOf({ place, over }: MapName) {
  return { layer: place.layer, head: place.head, over };
}

/** Maps that do not depend on the layer or the head are the same for all of them. */
export function mapKey({ place, over }: MapName): string {
  const layer = over === "layers" || over === "all" ? "*" : place.layer;
  const head = over === "heads" || over === "all" ? "*" : place.head;
  return `${layer} ${head}`;
}
