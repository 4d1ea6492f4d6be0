import type { WebSocket } from "ws";
import type { ServerLog } from "../serverLog.ts";
import type { Outbox } from "./outbox.ts";
import type { RawMessage } from "./rawMessage.ts";
import { sendParts } from "./sendParts.ts";
import { MAX_MESSAGE_BYTES, type WebSocketProtocol } from "./webSocketProtocol.ts";

const KEEPALIVE_MS = 30_000;
const MAX_UNANSWERED_MS = 90_000;

/** What ws calls it, which ends the connection with 1009. */
const TOO_LONG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
const REFUSED = `kernel channels: expected a message of at most ${MAX_MESSAGE_BYTES / 2 ** 20} MiB from a page, got a longer one, and ended the connection. Send it in pieces, or upload a file.`;

export interface ClientConnectionOptions {
  readonly webSocket: WebSocket;
  readonly protocol: WebSocketProtocol;
  readonly outbox: Outbox;
  /** Passes a message on; the client's socket is not read until it has gone. */
  readonly onMessage: (message: RawMessage) => Promise<void>;
  readonly onClose: () => void;
  readonly log: ServerLog;
}

/**
 * One WebSocket of a client. Pings ride behind the messages: their pongs come back in order, so that each one confirms
 * what was sent before it, which is both the back-pressure and the proof of receipt.
 */
export class ClientConnection {
  readonly #options: ClientConnectionOptions;
  readonly #keepalive: NodeJS.Timeout;
  #pingCount = 0;
  #unconfirmed = 0;
  #isOver = false;
  /** The messages that came, one after the other. */
  #received: Promise<void> = Promise.resolve();
  #isPingOut = false;
  #isPingDue = false;
  #lastAnswerMs = Date.now();

  constructor(options: ClientConnectionOptions) {
    this.#options = options;
    const { webSocket } = options;
    webSocket.on("message", (data, isBinary) => {
      webSocket.pause();
      this.#received = this.#received.then(() => this.#receive(data as Buffer, isBinary));
    });
    webSocket.on("pong", (payload) => {
      this.#answered(payload.toString());
    });
    webSocket.on("error", (error) => {
      const isTooLong = (error as NodeJS.ErrnoException).code === TOO_LONG;
      if (isTooLong) options.log("warn", REFUSED);
      else options.log("debug", `kernel channels: the connection failed: ${error.message}`);
    });
    webSocket.on("close", () => {
      clearInterval(this.#keepalive);
      options.onClose();
    });
    this.#keepalive = setInterval(() => {
      this.#checkAlive();
    }, KEEPALIVE_MS);
    this.#keepalive.unref();
    options.outbox.connect(this);
  }

  /** What was sent and the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#options.webSocket.bufferedAmount;
  }

  send(message: RawMessage): void {
    const { webSocket, protocol, log } = this.#options;
    sendParts(webSocket, protocol.encode(message), (error) => {
      if (error)
        log("debug", `kernel channels: a message waits for the next connection: ${error.message}`);
    });
    if (this.#isPingDue || this.#isPingOut) return;
    this.#isPingDue = true;
    setImmediate(() => {
      this.#isPingDue = false;
      this.#ping();
    });
  }

  /** Ends the connection, whose late answers no longer count; `code` is a WebSocket close code. */
  close(code: number, reason: string): void {
    this.#isOver = true;
    this.#options.webSocket.close(code, reason);
    setTimeout(() => {
      this.#options.webSocket.terminate();
    }, 1000).unref();
  }

  #ping(): void {
    const { webSocket, outbox } = this.#options;
    if (this.#isPingOut || webSocket.readyState !== webSocket.OPEN) return;
    this.#isPingOut = true;
    this.#unconfirmed = outbox.sentCount;
    webSocket.ping(`${++this.#pingCount}`);
  }

  #answered(payload: string): void {
    this.#lastAnswerMs = Date.now();
    if (this.#isOver || !this.#isPingOut || payload !== `${this.#pingCount}`) return;
    this.#isPingOut = false;
    this.#options.outbox.confirm(this.#unconfirmed);
    if (this.#options.outbox.sentCount > 0) this.#ping();
  }

  #checkAlive(): void {
    if (this.#isPingOut && Date.now() - this.#lastAnswerMs > MAX_UNANSWERED_MS) {
      this.#options.webSocket.terminate();
    } else this.#ping();
  }

  async #receive(data: Buffer, isBinary: boolean): Promise<void> {
    const { webSocket, protocol, onMessage, log } = this.#options;
    let msgType = "a client's message";
    try {
      const message = await protocol.decode(data, isBinary);
      msgType = message.msgType;
      await onMessage(message);
    } catch (error) {
      log(
        "warn",
        `kernel channels: ${msgType} did not reach the kernel: ${(error as Error).message}`,
      );
    } finally {
      webSocket.resume();
    }
  }
}
