import type { WebSocket } from "ws";
import type { ServerLog } from "../serverLog.ts";
import { ClientConnection } from "./clientConnection.ts";
import { Outbox } from "./outbox.ts";
import type { RawMessage } from "./rawMessage.ts";
import type { WebSocketProtocol } from "./webSocketProtocol.ts";

/** How long a client that went away keeps its own outbox while another client is there. */
const ABSENCE_MS = 120_000;
const MAX_ABSENT = 8;
const MAX_SESSIONS_PER_CLIENT = 100;

interface Client {
  readonly outbox: Outbox;
  connection: ClientConnection | null;
  /** Sessions its messages named; answers to them come back to it. */
  readonly sessions: Set<string>;
  leftAtMs: number;
}

/**
 * Told what is held in memory for a client: messages that wait, those it has not confirmed, and the bytes that its socket
 * has not taken.
 */
export type HeldObserver = (sessionId: string, heldBytes: number) => void;

export interface HubTarget {
  send(message: RawMessage): Promise<void>;
}

/** The clients of one kernel: passes their messages on and the kernel's back, to all of them or to the one that asked. */
export class ChannelHub {
  readonly #clients = new Map<string, Client>();
  readonly #target: HubTarget;
  readonly #log: ServerLog;
  readonly #onHeld: HeldObserver | undefined;

  constructor(target: HubTarget, log: ServerLog, onHeld?: HeldObserver) {
    this.#target = target;
    this.#log = log;
    this.#onHeld = onHeld;
  }

  get connectionCount(): number {
    return [...this.#clients.values()].filter((client) => client.connection !== null).length;
  }

  /** Joins a WebSocket. A client that comes back under its session gets what it missed; so does one that replaces it. */
  attach(sessionId: string, webSocket: WebSocket, protocol: WebSocketProtocol): void {
    const client = this.#clients.get(sessionId) ?? this.#newClient(sessionId);
    const previous = client.connection;
    if (previous !== null) {
      client.connection = null;
      client.outbox.disconnect();
      previous.close(1001, "replaced by a newer connection");
    }
    const connection: ClientConnection = new ClientConnection({
      webSocket,
      protocol,
      outbox: client.outbox,
      onMessage: async (message) => {
        remember(client.sessions, message.session);
        await this.#target.send(message);
      },
      onClose: () => {
        if (client.connection !== connection) return;
        client.connection = null;
        client.outbox.disconnect();
        client.leftAtMs = Date.now();
        this.#forgetAbsent();
      },
      log: this.#log,
    });
    client.connection = connection;
    this.#forgetAbsent();
  }

  /** Every client gets it, the absent ones when they come back. */
  broadcast(message: RawMessage): void {
    for (const [sessionId, client] of this.#clients) this.#push(sessionId, client, message);
  }

  /** The client whose request it answers gets it. */
  answer(message: RawMessage): void {
    for (const [sessionId, client] of this.#clients) {
      if (client.sessions.has(message.parentSession)) {
        this.#push(sessionId, client, message);
        return;
      }
    }
    this.#log("debug", `kernel channels: nobody waits for this ${message.msgType}`);
  }

  close(reason: string): void {
    for (const client of this.#clients.values()) client.connection?.close(1001, reason);
    this.#clients.clear();
  }

  #push(sessionId: string, client: Client, message: RawMessage): void {
    client.outbox.push(message);
    const { outbox, connection } = client;
    this.#onHeld?.(sessionId, outbox.heldBytes + (connection?.bufferedBytes ?? 0));
  }

  #newClient(sessionId: string): Client {
    const client: Client = {
      outbox: new Outbox(),
      connection: null,
      sessions: new Set([sessionId]),
      leftAtMs: 0,
    };
    if (this.connectionCount === 0) this.#lastToLeave()?.outbox.bequeath(client.outbox);
    this.#clients.set(sessionId, client);
    return client;
  }

  #lastToLeave(): Client | undefined {
    return [...this.#clients.values()].sort((left, right) => right.leftAtMs - left.leftAtMs)[0];
  }

  /** While nobody is connected the last to leave is kept however long it takes; the others for a while. */
  #forgetAbsent(): void {
    const kept = this.connectionCount === 0 ? this.#lastToLeave() : undefined;
    const absent = [...this.#clients.entries()]
      .filter(([, client]) => client.connection === null && client !== kept)
      .sort(([, left], [, right]) => right.leftAtMs - left.leftAtMs);
    absent.forEach(([sessionId, client], index) => {
      if (index >= MAX_ABSENT || Date.now() - client.leftAtMs > ABSENCE_MS)
        this.#clients.delete(sessionId);
    });
  }
}

function remember(sessions: Set<string>, session: string): void {
  sessions.delete(session);
  sessions.add(session);
  if (sessions.size > MAX_SESSIONS_PER_CLIENT) {
    for (const oldest of sessions) {
      sessions.delete(oldest);
      break;
    }
  }
}
