import type { AttentionTile } from "../../engine/trace/schema.ts";
import type { AskKernel } from "../render/askKernel.ts";
import { DETAIL_CELLS } from "./data.ts";
import type { HeadPlace, Viewport } from "./looking.ts";

const KEPT_TILES = 64;
/** A refused question may be asked again after this long: the kernel may only have been busy. */
const RETRY_MS = 5000;

/** Weights the page has, and the questions for those it has not. Getters return null while an answer is on its way. */
export interface HeadStore {
  thumbnail(place: HeadPlace, poolKind: "mean" | "max"): Float32Array | null;
  tile(place: HeadPlace, viewport: Viewport, poolKind: "mean" | "max"): AttentionTile | null;
  /** Exact weights of one query over keys 0..query. */
  row(place: HeadPlace, query: number): Float32Array | null;
  /** Exact weights on one key from queries 0..T-1; those before the key are 0. */
  column(place: HeadPlace, key: number): Float32Array | null;
  /** What was refused, in words. */
  readonly error: string | null;
}

export interface HeadStoreOptions {
  readonly ask: AskKernel;
  readonly nTokens: number;
  readonly nHeads: number;
  readonly thumbnailPool: number;
  /** (layers, heads, n, n) max-pooled, or empty. */
  readonly thumbnails: Float32Array;
  readonly onArrival: () => void;
}

export function headStore(options: HeadStoreOptions): HeadStore {
  const { ask, nTokens, nHeads, onArrival } = options;
  const n = Math.ceil(nTokens / options.thumbnailPool);
  const layers = new Map<string, Float32Array>();
  const tiles = new Map<string, AttentionTile>();
  const pending = new Set<string>();
  const refused = new Set<string>();
  let error: string | null = null;

  const seeded = options.thumbnails.length / (nHeads * n * n);
  for (let layer = 0; layer < seeded; layer++)
    layers.set(`${layer} max`, options.thumbnails.subarray(layer * nHeads * n * n));

  const load = (key: string, question: () => Promise<void>): void => {
    if (pending.has(key) || refused.has(key)) return;
    pending.add(key);
    question()
      .then(
        () => {
          error = null;
        },
        (reason: unknown) => {
          refused.add(key);
          setTimeout(() => refused.delete(key), RETRY_MS);
          error = reason instanceof Error ? reason.message : String(reason);
        },
      )
      .finally(() => {
        pending.delete(key);
        onArrival();
      });
  };

  const fetchTile = (
    key: string,
    request: Readonly<Record<string, unknown>>,
  ): AttentionTile | null => {
    const known = tiles.get(key);
    if (known) {
      tiles.delete(key);
      tiles.set(key, known); // most recently used last
      return known;
    }
    load(key, async () => {
      const { content, buffers } = await ask("tile", request);
      const weights = new Float32Array(buffers[0] ?? new ArrayBuffer(0));
      tiles.set(key, { ...(content.tile as Omit<AttentionTile, "weights">), weights });
      for (const oldest of tiles.keys()) {
        if (tiles.size <= KEPT_TILES) break;
        tiles.delete(oldest);
      }
    });
    return null;
  };

  const wholeMap = ({ layer, head }: HeadPlace): AttentionTile | undefined =>
    tiles.get(tileKey({ layer, head }, { queryStart: 0, keyStart: 0, span: nTokens }, 1));

  return {
    get error() {
      return error;
    },
    thumbnail({ layer, head }, poolKind) {
      const kind = options.thumbnailPool === 1 ? "max" : poolKind;
      const maps = layers.get(`${layer} ${kind}`);
      if (maps) return maps.subarray(head * n * n, (head + 1) * n * n);
      load(`layer ${layer} ${kind}`, async () => {
        const { buffers } = await ask("thumbnails", { layer, poolKind: kind });
        layers.set(`${layer} ${kind}`, new Float32Array(buffers[0] ?? new ArrayBuffer(0)));
      });
      return null;
    },
    tile(place, viewport, poolKind) {
      const pool = Math.ceil(viewport.span / DETAIL_CELLS);
      const key = `${tileKey(place, viewport, pool)}${pool > 1 ? poolKind : ""}`;
      return fetchTile(key, {
        ...place,
        queryStart: viewport.queryStart,
        queryCount: Math.min(viewport.span, nTokens - viewport.queryStart),
        keyStart: viewport.keyStart,
        keyCount: Math.min(viewport.span, nTokens - viewport.keyStart),
        pool,
        poolKind,
      });
    },
    row(place, query) {
      const whole = wholeMap(place);
      if (whole) return whole.weights.subarray(query * nTokens, query * nTokens + query + 1);
      const tile = fetchTile(`row ${place.layer} ${place.head} ${query}`, {
        ...place,
        queryStart: query,
        queryCount: 1,
        keyStart: 0,
        keyCount: query + 1,
        pool: 1,
      });
      return tile?.weights ?? null;
    },
    column(place, key) {
      const whole = wholeMap(place);
      if (whole)
        return Float32Array.from(
          { length: nTokens },
          (_, q) => whole.weights[q * nTokens + key] ?? 0,
        );
      const tile = fetchTile(`column ${place.layer} ${place.head} ${key}`, {
        ...place,
        queryStart: 0,
        queryCount: nTokens,
        keyStart: key,
        keyCount: 1,
        pool: 1,
      });
      return tile?.weights ?? null;
    },
  };
}

function tileKey(place: HeadPlace, viewport: Viewport, pool: number): string {
  const { queryStart, keyStart, span } = viewport;
  return `tile ${place.layer} ${place.head} ${queryStart} ${keyStart} ${span} ${pool} `;
}
