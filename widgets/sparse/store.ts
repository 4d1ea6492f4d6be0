import type { AskKernel } from "../render/askKernel.ts";
import type { Kind, MassRows, QueryRow } from "./data.ts";
import { type CellWindow, cellsOf } from "./pool.ts";

const KEPT_ANSWERS = 64;
/** A refused question may be asked again after this long: the kernel may only have been busy. */
const RETRY_MS = 5000;

/** Which layer, and which head's weights and dropped mass. */
export interface Place {
  readonly layer: number;
  readonly head: number;
}

export interface Tile {
  readonly window: CellWindow;
  readonly kind: Kind;
  /** (rows, columns) of the window's cells. */
  readonly cells: Float32Array;
  /** The farthest from 0. */
  readonly largest: number;
}

/** Numbers that the page has, and questions for those it has not: null while an answer is on its way. */
export interface SparseStore {
  tile(place: Place, kind: Kind, window: CellWindow): Tile | null;
  row(place: Place, query: number): QueryRow | null;
  mass(place: Place): MassRows | null;
  /** What was refused, in words. */
  readonly error: string | null;
}

export function sparseStore(ask: AskKernel, onArrival: () => void): SparseStore {
  const answers = new Map<string, unknown>();
  const waiting = new Set<string>();
  let error: string | null = null;

  async function load(
    key: string,
    [kind, question]: Question,
    read: (buffers: readonly ArrayBuffer[]) => unknown,
  ): Promise<void> {
    waiting.add(key);
    try {
      const { buffers } = await ask(kind, question);
      answers.set(key, read(buffers));
      for (const oldest of answers.keys()) {
        if (answers.size <= KEPT_ANSWERS) break;
        answers.delete(oldest);
      }
      error = null;
      waiting.delete(key);
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason);
      setTimeout(() => waiting.delete(key), RETRY_MS);
    }
    onArrival();
  }

  function answer<Found>(
    question: Question,
    read: (buffers: readonly ArrayBuffer[]) => Found,
  ): Found | null {
    const key = JSON.stringify(question);
    const known = answers.get(key) as Found | undefined;
    if (known === undefined) {
      if (!waiting.has(key)) void load(key, question, read);
      return null;
    }
    answers.delete(key);
    answers.set(key, known); // most recently used last
    return known;
  }

  return {
    get error() {
      return error;
    },
    tile: ({ layer, head }, kind, window) => {
      const place = { layer, head: kind === "weights" ? head : 0 };
      return answer(["tile", { ...place, cells: kind, ...window }], ([buffer]) => {
        const cells = floats(buffer).subarray(0, cellCount(window));
        const largest = cells.reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0);
        return { window, kind, cells, largest };
      });
    },
    row: (place, query) =>
      answer(["row", { ...place, query }], ([kept, scores, weights]) => ({
        ...{ kept: floats(kept), scores: floats(scores), weights: floats(weights) },
      })),
    mass: (place) =>
      answer(["mass", { ...place }], ([head, mean, kept]) => ({
        ...{ head: floats(head), mean: floats(mean) },
        kept: new Int32Array(kept ?? new ArrayBuffer(0)),
      })),
  };
}

type Question = readonly [kind: string, question: Readonly<Record<string, unknown>>];

const floats = (buffer: ArrayBuffer | undefined): Float32Array =>
  new Float32Array(buffer ?? new ArrayBuffer(0));

function cellCount(window: CellWindow): number {
  const { rows, columns } = cellsOf(window);
  return rows * columns;
}
