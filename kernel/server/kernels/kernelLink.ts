import { Dealer, Subscriber } from "zeromq";
import { type ConnectionInfo, endpoint } from "../../protocol/connection.ts";
import { Signer } from "../../protocol/signing.ts";
import { type Channel, fromFrames, type RawMessage, toFrames } from "../channels/rawMessage.ts";
import type { ServerLog } from "../serverLog.ts";

const RECONNECT_MS = 50;

/** The server's end of a kernel's ZMQ sockets. */
export class KernelLink {
  readonly #signer: Signer;
  readonly #dealers: Readonly<Record<"shell" | "control" | "stdin", Dealer>>;
  readonly #iopub: Subscriber;
  readonly #sending = new Map<Channel, Promise<void>>();
  readonly #log: ServerLog;
  #isClosed = false;

  /** @param onMessage called in the order of arrival on each channel */
  constructor(
    info: ConnectionInfo,
    routingId: string,
    onMessage: (message: RawMessage) => void,
    log: ServerLog,
  ) {
    this.#log = log;
    this.#signer = new Signer(info.key);
    const dealer = () =>
      new Dealer({
        routingId,
        linger: 0,
        reconnectInterval: RECONNECT_MS,
        receiveHighWaterMark: 0,
      });
    this.#dealers = { shell: dealer(), control: dealer(), stdin: dealer() };
    this.#iopub = new Subscriber({
      linger: 0,
      reconnectInterval: RECONNECT_MS,
      receiveHighWaterMark: 0,
    });
    this.#iopub.subscribe();
    const sockets = { ...this.#dealers, iopub: this.#iopub };
    for (const channel of ["iopub", "shell", "control", "stdin"] as const) {
      sockets[channel].connect(endpoint(info, channel));
      void this.#listen(channel, sockets[channel], onMessage);
    }
  }

  /** Resolves once the message is in the socket's queue, which waits while the kernel does not read. */
  async send(message: RawMessage): Promise<void> {
    const { channel } = message;
    if (channel === "iopub")
      throw new TypeError(
        "kernel link: expected channel shell, control or stdin, got iopub. Kernels write it.",
      );
    const previous = this.#sending.get(channel) ?? Promise.resolve();
    const next = previous.then(async () => {
      const frames = await toFrames(message, this.#signer);
      if (!this.#isClosed) await this.#dealers[channel].send(frames);
    });
    this.#sending.set(
      channel,
      next.catch(() => undefined),
    );
    await next;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of [...Object.values(this.#dealers), this.#iopub]) socket.close();
  }

  async #listen(
    channel: Channel,
    socket: AsyncIterable<Buffer[]>,
    onMessage: (message: RawMessage) => void,
  ): Promise<void> {
    try {
      for await (const frames of socket) {
        try {
          const message = await fromFrames(channel, frames, this.#signer);
          if (this.#isClosed) return;
          onMessage(message);
        } catch (error) {
          this.#log(
            "warn",
            `kernel ${channel}: a message was left out: ${(error as Error).message}`,
          );
        }
      }
    } catch (error) {
      if (!this.#isClosed)
        this.#log("error", `kernel ${channel}: the socket failed: ${(error as Error).message}`);
    }
  }
}
