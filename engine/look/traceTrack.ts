import type { TraceSlice } from "../trace/schema.ts";

/**
 * A thread of a trace. Slices of it follow or contain one another, in whole nanoseconds: passes of a GPU may overlap, and clocks are
 * rounded, but a slice begins a nanosecond behind the one before it, or later, and one around others ends as much behind them. Viewers
 * add beginning and duration up in floats of microseconds, of which two that end together come out apart.
 */
export class TraceTrack {
  static readonly pid = 1;
  readonly slices: TraceSlice[] = [];
  readonly #tid: number;
  readonly #zeroMs: number;
  /** The next slice begins here at the soonest. */
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
    const endNs = startNs + Math.round(durationMs * 1e6);
    this.slices.push(this.#slice(cat, name, startNs, endNs, args));
    this.#ns = endNs + 1;
  }

  /**
   * Begins a slice around those that are added before it is closed.
   * @returns closes it: behind the last of them, or later
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
    this.slices.push(this.#slice(cat, name, startNs, startNs, args));
    return (endMs) => {
      const endNs = endMs === undefined ? this.#ns : this.#from(endMs);
      this.slices[index] = this.#slice(cat, name, startNs, endNs, args);
      this.#ns = endNs + 1;
    };
  }

  #from(timeMs: number): number {
    return Math.max(this.#ns, Math.round((timeMs - this.#zeroMs) * 1e6));
  }

  #slice(
    cat: TraceSlice["cat"],
    name: string,
    startNs: number,
    endNs: number,
    args: TraceSlice["args"],
  ): TraceSlice {
    const [ts, dur] = [microseconds(startNs), microseconds(endNs - startNs)];
    return { ph: "X", name, cat, ts, dur, pid: TraceTrack.pid, tid: this.#tid, args };
  }
}

/** Of whole nanoseconds, so that Perfetto, which takes a thousand times the number and cuts the rest off, gets them back. */
function microseconds(ns: number): number {
  const exact = ns / 1000;
  return Math.trunc(exact * 1000) === ns ? exact : (ns + 0.25) / 1000;
}
