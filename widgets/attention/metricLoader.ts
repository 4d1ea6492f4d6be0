import { METRICS } from "./data.ts";

export interface MetricLoader {
  /** (layers, the most heads of a layer, METRICS); NaN until a layer has come. */
  readonly values: Float32Array;
  /** Layers that have come. */
  readonly nKnown: number;
  readonly error: string | null;
  /** Asks for what is not there, layer after layer; calling it again is fine. */
  start(): void;
  /** How many layers have come, of how many, and in words; nothing before it began and once all are there. */
  progress(nTokens: number, step: number): readonly [share: number | null, text: string];
}

interface LoaderOptions {
  readonly headsByLayer: readonly number[];
  /** All of them, or none. */
  readonly known: Float32Array;
  readonly ask: (layer: number) => Promise<{ readonly buffers: readonly ArrayBuffer[] }>;
  readonly onArrival: () => void;
}

/** Layers that are on their way at once, at most. */
const MOST_AT_ONCE = 8;
/** So long may those take that are on their way, so that what is asked meanwhile is answered soon. */
const TURN_MS = 60;
/** How often what has come is shown: each time all heads are drawn. */
const SHOWN_EVERY_MS = 200;

/** One loader in the place of several: of what is looked at. */
export function chosenLoader(choose: () => MetricLoader): MetricLoader {
  return {
    get values() {
      return choose().values;
    },
    get nKnown() {
      return choose().nKnown;
    },
    get error() {
      return choose().error;
    },
    start: () => choose().start(),
    progress: (nTokens, step) => choose().progress(nTokens, step),
  };
}

/** Of (heads, fewer metrics), as pictures have it that were saved before the last of them were there, (heads, METRICS): NaN for those. */
function allMetrics(numbers: Float32Array, nHeads: number): Float32Array {
  const nSaved = numbers.length / nHeads;
  if (nSaved === METRICS.length) return numbers;
  const all = new Float32Array(nHeads * METRICS.length).fill(Number.NaN);
  for (let head = 0; head < nHeads; head++)
    all.set(numbers.subarray(head * nSaved, (head + 1) * nSaved), head * METRICS.length);
  return all;
}

/** Metrics of heads come layer by layer: one at a time where a layer takes long, several where they come quickly. */
export function createMetricLoader(options: LoaderOptions): MetricLoader {
  const { headsByLayer, known, ask, onArrival } = options;
  const [nLayers, nHeads] = [headsByLayer.length, Math.max(...headsByLayer)];
  const values = new Float32Array(nLayers * nHeads * METRICS.length).fill(Number.NaN);
  let nKnown = 0;
  let isRunning = false;
  let error: string | null = null;
  if (known.length > 0) {
    values.set(allMetrics(known, nLayers * nHeads));
    nKnown = nLayers;
  }

  const load = async (): Promise<void> => {
    let atOnce = 1;
    let shownAt = Number.NEGATIVE_INFINITY;
    while (nKnown < nLayers) {
      const begun = performance.now();
      const layers = Array.from(
        { length: Math.min(atOnce, nLayers - nKnown) },
        (_, i) => nKnown + i,
      );
      for (const { buffers } of await Promise.all(layers.map(ask))) {
        const means = new Float32Array(buffers[0] ?? new ArrayBuffer(0));
        const ofLayer = allMetrics(means, headsByLayer[nKnown] ?? nHeads);
        values.set(ofLayer, nKnown * nHeads * METRICS.length);
        nKnown += 1;
      }
      const now = performance.now();
      const inTime = Math.floor((TURN_MS * layers.length) / Math.max(1, now - begun));
      atOnce = Math.max(1, Math.min(MOST_AT_ONCE, 2 * atOnce, inTime));
      if (now - shownAt < SHOWN_EVERY_MS) continue;
      shownAt = now;
      onArrival();
    }
  };

  return {
    values,
    get nKnown() {
      return nKnown;
    },
    get error() {
      return error;
    },
    start() {
      if (isRunning || nKnown === nLayers || error !== null) return;
      isRunning = true;
      load()
        .catch((reason: unknown) => {
          error = reason instanceof Error ? reason.message : String(reason);
        })
        .finally(() => {
          isRunning = false;
          onArrival();
        });
    },
    progress(nTokens, step) {
      const queries = Math.ceil(nTokens / step);
      const over = step > 1 ? ` over ${queries} of ${nTokens} queries` : "";
      if (!isRunning) return [null, nKnown > 0 && step > 1 ? `Heads are measured${over}.` : ""];
      return [nKnown / nLayers, `Measuring heads${over}: ${nKnown} of ${nLayers} layers`];
    },
  };
}
