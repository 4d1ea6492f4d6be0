import { setTimeout as sleep } from "node:timers/promises";
import { Request } from "zeromq";
import { type ConnectionInfo, endpoint } from "../../protocol/connection.ts";

export interface HeartbeatTimes {
  readonly intervalMs: number;
  /** So long without an answer is a silence. */
  readonly silenceMs: number;
}

const TIMES: HeartbeatTimes = { intervalMs: 5000, silenceMs: 30_000 };

/** Pings a kernel's heartbeat socket and reports, once per silence, that it no longer answers. */
export class Heartbeat {
  readonly #socket: Request;
  readonly #times: HeartbeatTimes;
  readonly #stopped = new AbortController();

  constructor(info: ConnectionInfo, onSilence: (silentMs: number) => void, times = TIMES) {
    this.#times = times;
    this.#socket = new Request({
      linger: 0,
      relaxed: true,
      correlate: true,
      receiveTimeout: times.silenceMs,
    });
    this.#socket.connect(endpoint(info, "hb"));
    void this.#watch(onSilence);
  }

  close(): void {
    this.#stopped.abort();
    this.#socket.close();
  }

  async #watch(onSilence: (silentMs: number) => void): Promise<void> {
    const { signal } = this.#stopped;
    let isSilent = false;
    while (!signal.aborted) {
      try {
        await sleep(this.#times.intervalMs, undefined, { signal, ref: false });
        await this.#socket.send("ping");
        await this.#socket.receive();
        isSilent = false;
      } catch {
        if (!signal.aborted && !isSilent) onSilence(this.#times.silenceMs);
        isSilent = true;
      }
    }
  }
}
