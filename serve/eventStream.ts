/** Why a stream ended before all was sent: its client went away, or took nothing for too long. */
export type Gone = "left" | "slow";

export interface EventStreamParts {
  /** Bytes that may wait for the client. */
  readonly bufferBytes: number;
  readonly slowClientMs: number;
  /** Ends the connection. */
  readonly drop: () => void;
  readonly onGone: (why: Gone) => void;
  /** +1 where somebody begins to wait for the client, -1 where that ends. */
  readonly onPause: (change: 1 | -1) => void;
}

const DONE = "[DONE]";

/** Server-sent events with a bounded buffer: whoever sends waits while it is full. */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: EventStreamParts;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #isOver = false;
  #waits = true;
  #room: { readonly come: Promise<void>; readonly tell: () => void } | null = null;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#tell(),
        cancel: () => this.#leave("left"),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: parts.bufferBytes }),
    );
  }

  /** Sends an object, and waits until there is room for more, or nobody who would read it. */
  async send(data: object): Promise<void> {
    this.#write(JSON.stringify(data));
    if (!this.#isOver && this.#waits && this.#isFull) await this.#waitForRoom();
  }

  /** Nobody waits for room any more: little more will be sent. */
  release(): void {
    this.#waits = false;
    this.#tell();
  }

  /** All was sent. */
  end(): void {
    this.#write(DONE);
    this.#close();
  }

  /** Sends an object as the last one: an error, behind which clients expect nothing. */
  fail(data: object): void {
    this.#write(JSON.stringify(data));
    this.#close();
  }

  get #isFull(): boolean {
    return (this.#controller?.desiredSize ?? 1) <= 0;
  }

  #write(data: string): void {
    if (!this.#isOver) this.#controller?.enqueue(this.#encoder.encode(`data: ${data}\n\n`));
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.close();
    this.#tell();
  }

  #leave(why: Gone): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell();
    if (why === "slow") this.#parts.drop();
    this.#parts.onGone(why);
  }

  #tell(): void {
    this.#room?.tell();
    this.#room = null;
  }

  async #waitForRoom(): Promise<void> {
    if (this.#room === null) {
      let tell: () => void = () => undefined;
      const come = new Promise<void>((resolve) => {
        tell = resolve;
      });
      this.#room = { come, tell };
    }
    const { come } = this.#room;
    this.#parts.onPause(1);
    const timer = setTimeout(() => this.#leave("slow"), this.#parts.slowClientMs);
    try {
      await come;
    } finally {
      clearTimeout(timer);
      this.#parts.onPause(-1);
    }
  }
}
