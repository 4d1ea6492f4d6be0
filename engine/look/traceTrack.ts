import type { TraceSlice } from "../trace/schema.ts";

/**
 * A thread of a trace. Times are whole nanoseconds since the trace began, and a slice begins no sooner than the one before it has ended:
 * passes of a GPU may overlap, and clocks are rounded, while slices of a track may only follow or contain one another.
 */
export class TraceTrack {
  static readonly pid = 1;
  readonly slices: TraceSlice[] = [];
  readonly #tid: number;
  readonly #zeroMs: number;
  /** Where the last slice ended. */
  #ns = 0;

  /** @param zeroMs when the trace begins, by `performance.now()` */
  constructor(tid: number, zeroMs: number) {
    this.#tid = tid;
    this.#zeroMs = zeroMs;
  }

  add(
    cat: TraceSlice["cat"],
    name: string,
    startMs: number,
    durationMs: number,
    args: TraceSlice["args"],
  ): void {
    const startNs = this.#from(startMs);
    this.#ns = startNs + Math.round(durationMs * 1e6);
    this.slices.push(this.#slice(cat, name, startNs, args));
  }

  /**
   * Begins a slice around those that are added before it is closed.
   * @returns closes it: where the last of them ended, or later
   */
  open(
    cat: TraceSlice["cat"],
    name: string,
    startMs: number,
    args: TraceSlice["args"],
  ): (endMs?: number) => void {
    const startNs = this.#from(startMs);
    this.#ns = startNs;
    const index = this.slices.length;
    this.slices.push(this.#slice(cat, name, startNs, args));
    return (endMs) => {
      if (endMs !== undefined) this.#ns = this.#from(endMs);
      this.slices[index] = this.#slice(cat, name, startNs, args);
    };
  }

  #from(timeMs: number): number {
    return Math.max(this.#ns, Math.round((timeMs - this.#zeroMs) * 1e6));
  }

  #slice(
    cat: TraceSlice["cat"],
    name: string,
    startNs: number,
    args: TraceSlice["args"],
  ): TraceSlice {
    const [ts, dur] = [microseconds(startNs), microseconds(this.#ns - startNs)];
    return { ph: "X", name, cat, ts, dur, pid: TraceTrack.pid, tid: this.#tid, args };
  }
}

/** Of whole nanoseconds, so that Perfetto, which takes a thousand times the number and cuts the rest off, gets them back. */
function microseconds(ns: number): number {
  const exact = ns / 1000;
  return Math.trunc(exact * 1000) === ns ? exact : (ns + 0.25) / 1000;
}
