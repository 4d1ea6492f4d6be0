import type { Header } from "../protocol/messages.ts";

export type StreamName = "stdout" | "stderr";

export interface StreamChunk {
  readonly name: StreamName;
  readonly text: string;
  readonly parent: Header | Record<string, never>;
}

/** Text after which a chunk is sent at once, in UTF-16 units: a few messages a second even for a flood. */
const CHUNK_LENGTH = 1 << 18;

/**
 * Joins the text that one cell writes to one stream into few messages, keeping the order across streams and cells.
 * Text leaves after `delayMs`, when the stream or the cell changes, and on `flush`.
 */
export class StreamCoalescer {
  readonly #emit: (chunk: StreamChunk) => void;
  readonly #delayMs: number;
  #pending: {
    name: StreamName;
    parent: StreamChunk["parent"];
    pieces: string[];
    length: number;
  } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(emit: (chunk: StreamChunk) => void, delayMs = 30) {
    this.#emit = emit;
    this.#delayMs = delayMs;
  }

  write({ name, text, parent }: StreamChunk): void {
    if (text === "") return;
    const pending = this.#pending;
    if (pending !== null && (pending.name !== name || pending.parent.msg_id !== parent.msg_id)) {
      this.flush();
    }
    this.#pending ??= { name, parent, pieces: [], length: 0 };
    this.#pending.pieces.push(text);
    this.#pending.length += text.length;
    if (this.#pending.length >= CHUNK_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** Sends what is pending; called before every other iopub message. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) {
      this.#emit({ name: pending.name, text: pending.pieces.join(""), parent: pending.parent });
    }
  }
}
