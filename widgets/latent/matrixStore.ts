import type { Question } from "../offline/packed.ts";
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
  /** Numbers that a cell of a kept, coarser tile stands for, where no kernel gave the window itself. */
  readonly coarser: { readonly rowPool: number; readonly columnPool: number } | null;
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

  async function load(key: string, question: Question, window: TileWindow) {
    waiting.add(key);
    try {
      const { content, buffers } = await ask(question.kind, question);
      const cells = new Float32Array(buffers[0] ?? new ArrayBuffer(0));
      tiles.set(key, {
        ...{ window, cells },
        statistics: content.statistics as MatrixStatistics,
        coarser: (content.coarser as MatrixTile["coarser"]) ?? null,
      });
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
      const question = tileQuestion(place, window, poolKind);
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

/** What the store asks for a window; where a cell is one number, both ways of pooling ask for the same. */
export function tileQuestion(
  { layer, part, head }: MatrixPlace,
  window: TileWindow,
  poolKind: PoolKind,
): Question {
  const { rowStart, rowCount, columnStart, columnCount, rowPool, columnPool } = window;
  const isExact = rowPool === 1 && columnPool === 1;
  return {
    ...{ kind: "tile", layer, part, head },
    ...{ rowStart, rowCount, columnStart, columnCount, rowPool, columnPool },
    poolKind: isExact ? "farthest" : poolKind,
  };
}
