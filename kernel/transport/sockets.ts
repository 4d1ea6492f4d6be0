import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Reply, Router, XPublisher } from "zeromq";
import { type ConnectionInfo, endpoint } from "../protocol/connection.ts";
import { encodeFrames, openFrames, type UnreadMessage } from "../protocol/frames.ts";
import type { Header } from "../protocol/messages.ts";
import { PROTOCOL_VERSION } from "../protocol/messages.ts";
import { Signer } from "../protocol/signing.ts";
import type { Outgoing, WrittenMessage } from "./outgoing.ts";

/** How long a question waits for a front end that has not connected its stdin yet. */
const CONNECT_MS = 60_000;
const RETRY_MS = 20;
/** How often a port that is taken is tried: for about ten seconds. */
const BIND_ATTEMPTS = 500;

type SendingSocket = Outgoing["socket"] | "control";
type ReceivingSocket = "shell" | "control" | "stdin";

/** Without a limit on the queue, zeromq.js never defers or rejects a send. */
const SOCKET_OPTIONS = { sendHighWaterMark: 0, sendTimeout: 0, linger: 500 };

/** The five bound sockets of a kernel, speaking whole messages. */
export class KernelSockets {
  readonly session = randomUUID();
  readonly #signer: Signer;
  readonly #sockets = {
    shell: new Router(SOCKET_OPTIONS),
    control: new Router(SOCKET_OPTIONS),
    stdin: new Router({ ...SOCKET_OPTIONS, mandatory: true }),
    iopub: new XPublisher({ ...SOCKET_OPTIONS, verbosity: "allSubs" }),
    hb: new Reply({ linger: 0 }),
  };
  readonly #onDropped: (reason: unknown) => void;

  /** @param onDropped told of each message that could not be read or sent */
  constructor(key: string, onDropped: (reason: unknown) => void) {
    this.#signer = new Signer(key);
    this.#onDropped = onDropped;
  }

  async bind(info: ConnectionInfo): Promise<void> {
    for (const name of ["shell", "control", "stdin", "iopub", "hb"] as const) {
      await bindPatiently(this.#sockets[name], endpoint(info, name));
    }
    void this.#echoHeartbeat();
    void this.#welcomeSubscribers();
  }

  /** Calls `handle` for each well-signed message of a socket, in order. */
  async receive(socket: ReceivingSocket, handle: (message: UnreadMessage) => void): Promise<void> {
    for await (const frames of this.#sockets[socket]) {
      try {
        handle(openFrames(frames, this.#signer));
      } catch (error) {
        this.#onDropped(error);
      }
    }
  }

  /** @returns the size of the message without its signature and what addresses it, in bytes */
  send(socket: SendingSocket, message: Omit<Outgoing | WrittenMessage, "socket">): number {
    const { type, parent, content, ids = [], metadata = {}, buffers = [] } = message;
    const header: Header = {
      msg_id: randomUUID(),
      session: this.session,
      username: "kernel",
      date: new Date().toISOString(),
      msg_type: type,
      version: PROTOCOL_VERSION,
    };
    const topic = Buffer.from(`kernel.${this.session}.${type}`);
    const frames = encodeFrames(
      { ids: socket === "iopub" ? [topic] : ids, header, parent, metadata, content, buffers },
      this.#signer,
    );
    const sending = socket === "stdin" ? this.#ask(frames) : this.#sockets[socket].send(frames);
    sending.catch(this.#onDropped);
    const parts = frames.slice(-4 - buffers.length);
    return parts.reduce((sizeBytes, part) => sizeBytes + Buffer.byteLength(part), 0);
  }

  /** Sends on stdin once the front end's socket has connected: it may be later than shell's, and the question would be lost. */
  async #ask(frames: Parameters<Router["send"]>[0]): Promise<void> {
    const untilMs = performance.now() + CONNECT_MS;
    for (;;) {
      try {
        return await this.#sockets.stdin.send(frames);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "EHOSTUNREACH" || performance.now() > untilMs) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  close(): void {
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  async #echoHeartbeat(): Promise<void> {
    for await (const frames of this.#sockets.hb) await this.#sockets.hb.send(frames);
  }

  async #welcomeSubscribers(): Promise<void> {
    for await (const [frame] of this.#sockets.iopub) {
      if (frame?.[0] !== 1) continue;
      const subscription = frame.subarray(1).toString();
      this.send("iopub", { type: "iopub_welcome", parent: {}, content: { subscription } });
    }
  }
}

/** Whoever chose the port saw it free; a connection that has taken it since is gone in a moment, most of the time. */
async function bindPatiently(socket: Router | XPublisher | Reply, address: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await socket.bind(address);
      return;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!isTaken || attempt === BIND_ATTEMPTS) throw error;
      await sleep(RETRY_MS);
    }
  }
}
