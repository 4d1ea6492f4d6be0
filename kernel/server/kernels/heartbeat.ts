import { Request } from "zeromq";
import { type ConnectionInfo, endpoint } from "../../protocol/connection.ts";

const INTERVAL_MS = 5000;
const SILENCE_MS = 30_000;

/** Pings a kernel's heartbeat socket and reports, once per silence, that it no longer answers. */
export class Heartbeat {
  readonly #socket: Request;
  readonly #onSilence: (silentMs: number) => void;
  readonly #timer: NodeJS.Timeout;
  #lastBeatMs: number | null = null;
  #isReported = false;

  constructor(info: ConnectionInfo, onSilence: (silentMs: number) => void) {
    this.#onSilence = onSilence;
    this.#socket = new Request({ linger: 0, relaxed: true, correlate: true });
    this.#socket.connect(endpoint(info, "hb"));
    this.#timer = setInterval(() => {
      this.#beat();
    }, INTERVAL_MS);
    this.#timer.unref();
    void this.#listen();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #beat(): void {
    const silentMs = this.#lastBeatMs === null ? 0 : Date.now() - this.#lastBeatMs;
    if (silentMs > SILENCE_MS && !this.#isReported) {
      this.#isReported = true;
      this.#onSilence(silentMs);
    }
    if (!this.#socket.closed) this.#socket.send("ping").catch(() => undefined);
  }

  async #listen(): Promise<void> {
    while (!this.#socket.closed) {
      try {
        await this.#socket.receive();
        this.#lastBeatMs = Date.now();
        this.#isReported = false;
      } catch {
        if (this.#socket.closed) return;
        await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS).unref());
      }
    }
  }
}
