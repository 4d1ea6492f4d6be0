import { executionState, type RawMessage, serverMessage } from "./rawMessage.ts";

/** What an outbox needs of a connection. */
export interface OutboxSink {
  send(message: RawMessage): void;
}

export interface OutboxLimits {
  /** Bytes on the way that the other end has not confirmed; more wait here. */
  readonly windowBytes: number;
  /** Bytes that wait here at most; then the oldest outputs go. */
  readonly queueBytes: number;
}

export const OUTBOX_LIMITS: OutboxLimits = { windowBytes: 8 * 2 ** 20, queueBytes: 128 * 2 ** 20 };

/** Fixed cost that a message has beside its bytes. */
const MESSAGE_OVERHEAD_BYTES = 512;

/** Outputs may be dropped when memory runs out; what keeps a client's state right may not. */
const DROPPABLE = new Set([
  "stream",
  "display_data",
  "update_display_data",
  "execute_result",
  "clear_output",
  "comm_msg",
]);

/**
 * What makes no sense to another session: answers to its requests, comms, whose state it asks the kernel for, and news of
 * a restart, at which a client gives up what it asks first of a kernel it has only just met.
 */
function isPersonal(message: RawMessage): boolean {
  return (
    message.channel !== "iopub" || message.msgType.startsWith("comm_") || isNewsOfRestart(message)
  );
}

/** A client answers it with a new connection, often before it confirms it: sent there again it would never end. */
function isNewsOfRestart(message: RawMessage): boolean {
  return executionState(message) === "restarting";
}

/**
 * The messages on their way to one client, in order. While the client is away or slow they wait; what it has not
 * confirmed when its connection breaks is sent again on the next. The memory is bounded: beyond it the oldest outputs
 * are dropped and the client is told how many.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  #waiting: RawMessage[] = [];
  #waitingBytes = 0;
  #sent: RawMessage[] = [];
  #sentBytes = 0;
  #droppedCount = 0;
  #sink: OutboxSink | null = null;

  constructor(limits: OutboxLimits = OUTBOX_LIMITS) {
    this.#limits = limits;
  }

  /** Bytes held in memory for this client. */
  get heldBytes(): number {
    return this.#waitingBytes + this.#sentBytes;
  }

  get isConnected(): boolean {
    return this.#sink !== null;
  }

  push(message: RawMessage): void {
    this.#waiting.push(message);
    this.#waitingBytes += cost(message);
    this.#pump();
    if (this.#waitingBytes > this.#limits.queueBytes) this.#drop();
  }

  connect(sink: OutboxSink): void {
    this.#sink = sink;
    this.#pump();
  }

  /** The connection is gone; what it did not confirm waits again, ahead of the rest, but for news of a restart. */
  disconnect(): void {
    this.#sink = null;
    const again = this.#sent.filter((message) => !isNewsOfRestart(message));
    this.#waiting = [...again, ...this.#waiting];
    for (const message of again) this.#waitingBytes += cost(message);
    this.#sent = [];
    this.#sentBytes = 0;
    if (this.#waitingBytes > this.#limits.queueBytes) this.#drop();
  }

  /** How many messages are on the way; to be handed to `confirm` once an answer shows that all of them arrived. */
  get sentCount(): number {
    return this.#sent.length;
  }

  /** The other end has received the oldest `count` messages on the way. */
  confirm(count: number): void {
    for (const message of this.#sent.splice(0, count)) this.#sentBytes -= cost(message);
    this.#pump();
  }

  /** Copies what waits here for a client that takes the place of the one that went away. */
  bequeath(heir: Outbox): void {
    heir.#droppedCount += this.#droppedCount;
    for (const message of this.#waiting) if (!isPersonal(message)) heir.push(message);
  }

  #pump(): void {
    const sink = this.#sink;
    if (sink === null) return;
    let taken = 0;
    if (this.#droppedCount > 0 && this.#sentBytes < this.#limits.windowBytes) this.#tellDropped();
    for (const message of this.#waiting) {
      if (this.#sentBytes >= this.#limits.windowBytes) break;
      taken++;
      this.#sent.push(message);
      this.#sentBytes += cost(message);
      this.#waitingBytes -= cost(message);
      sink.send(message);
    }
    if (taken > 0) this.#waiting.splice(0, taken);
  }

  /** Drops the oldest outputs, and if those are not enough the oldest messages, down to three quarters. */
  #drop(): void {
    const goal = this.#limits.queueBytes * 0.75;
    for (const mayDrop of [(message: RawMessage) => DROPPABLE.has(message.msgType), () => true]) {
      const last = this.#waiting.at(-1);
      this.#waiting = this.#waiting.filter((message) => {
        if (this.#waitingBytes <= goal || message === last || !mayDrop(message)) return true;
        this.#waitingBytes -= cost(message);
        this.#droppedCount++;
        return false;
      });
    }
  }

  #tellDropped(): void {
    const next = this.#waiting[0];
    if (next === undefined) return;
    const parent = JSON.parse(Buffer.from(next.parent).toString("utf8")) as Record<string, unknown>;
    const text = `[${this.#droppedCount} outputs were dropped here: they came faster than this page could take them]\n`;
    const notice = serverMessage("iopub", "stream", { name: "stderr", text }, next.session, parent);
    this.#waiting.unshift(notice);
    this.#waitingBytes += cost(notice);
    this.#droppedCount = 0;
  }
}

function cost(message: RawMessage): number {
  return message.sizeBytes + MESSAGE_OVERHEAD_BYTES;
}
