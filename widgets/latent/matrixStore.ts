import type { AskKernel } from "../render/askKernel.ts";
import type { MatrixPlace, MatrixStatistics, PoolKind, TileWindow } from "./data.ts";

const KEPT_TILES = 64;
/** A refused question may be asked again after this long: the kernel may only have been busy. */
const RETRY_MS = 5000;

export interface MatrixTile {
  readonly window: TileWindow;
  /** (rows, columns) of the window's cells. */
  readonly cells: Float32Array;
  /** Of the whole matrix. */
  readonly statistics: MatrixStatistics;
}

/** Numbers that the page has, and questions for those it has not. */
export interface MatrixStore {
  /** Null while an answer is on its way. */
  tile(place: MatrixPlace, window: TileWindow, poolKind: PoolKind): MatrixTile | null;
  /** What was refused, in words. */
  readonly error: string | null;
}

export function matrixStore(ask: AskKernel, onArrival: () => void): MatrixStore {
  const tiles = new Map<string, MatrixTile>();
  const waiting = new Set<string>();
  let error: string | null = null;

  async function load(
    key: string,
    question: Readonly<Record<string, unknown>>,
    window: TileWindow,
  ) {
    waiting.add(key);
    try {
      const { content, buffers } = await ask("tile", question);
      const cells = new Float32Array(buffers[0] ?? new ArrayBuffer(0));
      tiles.set(key, { window, cells, statistics: content.statistics as MatrixStatistics });
      for (const oldest of tiles.keys()) {
        if (tiles.size <= KEPT_TILES) break;
        tiles.delete(oldest);
      }
      error = null;
      waiting.delete(key);
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason);
      setTimeout(() => waiting.delete(key), RETRY_MS);
    }
    onArrival();
  }

  return {
    get error() {
      return error;
    },
    tile(place, window, poolKind) {
      const isExact = window.rowPool === 1 && window.columnPool === 1;
      const kind = isExact ? "farthest" : poolKind;
      const question = { ...place, ...window, poolKind: kind };
      const key = JSON.stringify(question);
      const known = tiles.get(key);
      if (known === undefined) {
        if (!waiting.has(key)) void load(key, question, window);
        return null;
      }
      tiles.delete(key);
      tiles.set(key, known); // most recently used last
      return known;
    },
  };
}
