import type { Header } from "../protocol/messages.ts";
import type { Outgoing, WrittenMessage } from "./outgoing.ts";
import { type RateLimits, RateWindow, STOCK_LIMITS } from "./rateWindow.ts";

export type StreamName = "stdout" | "stderr";

export interface StreamChunk {
  readonly name: StreamName;
  readonly text: string;
  readonly parent: Header | Record<string, never>;
}

/** Most text of one message, in UTF-16 units: small beside what a server lets through, whatever it takes as JSON. */
const CHUNK_LENGTH = 1 << 15;
/** As long as no more messages than this were sent lately or wait, each change of stream is a message of its own. */
const EXACT_MESSAGES = 1000;
/** Most text that is still sent after an interrupt, in UTF-16 units: what one window of the pace holds. */
const KEPT_LENGTH = 1 << 19;

/** Requests that print nothing: nobody who asks waits for the output of a cell. */
const QUERIES: ReadonlySet<string | undefined> = new Set([
  "complete_request",
  "inspect_request",
  "is_complete_request",
  "history_request",
  "comm_info_request",
]);
/** Messages that jupyter_server does not count. */
const UNCOUNTED: ReadonlySet<string> = new Set(["status", "comm_open", "execute_input"]);

type AnyMessage = Outgoing | WrittenMessage;

interface Text {
  readonly name: StreamName;
  readonly parent: StreamChunk["parent"];
  readonly pieces: string[];
  length: number;
  readonly openedMs: number;
}

/**
 * Everything the main thread sends, in order. The text that one cell writes to one stream is joined into few messages: it leaves
 * after `delayMs`, or with the message that comes next. Messages leave at a pace that the server lets through; what
 * is faster waits here, and what was sent later waits behind it, a cell's idle and its reply too.
 *
 * Streams that alternate faster than the pace allows are joined stream by stream over `delayMs`.
 */
export class StreamCoalescer {
  readonly #send: (message: AnyMessage) => number;
  readonly #delayMs: number;
  readonly #now: () => number;
  readonly #window: RateWindow;
  #queue: (Text | AnyMessage)[] = [];
  /** Place in `#queue` of what leaves next. */
  #next = 0;
  /** Text since the queue was last looked at. */
  #newLength = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param send sends a message now; returns its size in bytes as jupyter_server counts it */
  constructor(
    send: (message: AnyMessage) => number,
    { delayMs = 30, now = () => performance.now(), limits = STOCK_LIMITS } = {},
  ) {
    this.#send = send;
    this.#delayMs = delayMs;
    this.#now = now;
    this.#window = new RateWindow(limits, now);
  }

  /** Keeps to these limits from now on; what was sent lately counts. */
  limitTo(limits: RateLimits): void {
    this.#window.limits = limits;
  }

  write({ name, text, parent }: StreamChunk): void {
    for (let start = 0; start < text.length; ) {
      const end = cutBefore(text, start + CHUNK_LENGTH);
      this.#append(
        name,
        start === 0 && end === text.length ? text : text.slice(start, end),
        parent,
      );
      start = end;
    }
    this.#newLength += text.length;
    if (this.#newLength >= CHUNK_LENGTH) this.flush();
    else if (text !== "") this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** Sends a message after everything that was written and sent before it. */
  send(message: AnyMessage): void {
    if (QUERIES.has(message.parent.msg_type)) {
      this.sendNow(message);
      return;
    }
    this.#queue.push(message);
    this.flush();
  }

  /** Sends a message that does not wait for a backlog. */
  sendNow(message: AnyMessage): void {
    this.flush();
    this.#emit(message);
    if (this.#timer !== null) this.flush(); // an idle makes room
  }

  /** Sends what the pace allows; the rest follows by itself. */
  flush(): void {
    this.#drain(true);
  }

  /** Sends what is left, whatever the pace. */
  close(): void {
    this.#drain(false);
  }

  /** After an interrupt, which asks for no more: of the text that waits the end is kept, with a word on what is left out. */
  cut(): void {
    let room = KEPT_LENGTH;
    let from = this.#queue.length;
    for (; from > this.#next; from--) {
      const item = this.#queue[from - 1];
      if (item === undefined || !isText(item)) continue;
      room -= item.length;
      if (room < 0) break;
    }
    const left = new Map<unknown, Text>();
    const kept: (Text | AnyMessage)[] = [];
    for (const item of this.#queue.slice(this.#next, from)) {
      if (!isText(item)) {
        kept.push(item);
        continue;
      }
      const { parent, length, openedMs } = item;
      const known = left.get(parent.msg_id);
      if (known !== undefined) known.length += length;
      else {
        const notice: Text = { name: "stderr", parent, pieces: [], length, openedMs };
        left.set(parent.msg_id, notice);
        kept.push(notice);
      }
    }
    for (const { pieces, length } of left.values()) {
      pieces.push(`\n[interrupted: ${length.toLocaleString("en")} characters are left out here]\n`);
    }
    this.#queue = [...kept, ...this.#queue.slice(from)];
    this.#next = 0;
    this.flush();
  }

  #append(name: StreamName, text: string, parent: StreamChunk["parent"]): void {
    const open = this.#open(name, text.length, parent);
    if (open === null) {
      const item = { name, parent, pieces: [text], length: text.length, openedMs: this.#now() };
      this.#queue.push(item);
    } else {
      open.pieces.push(text);
      open.length += text.length;
    }
  }

  /** Text that waits and can take more; null if there is none. */
  #open(name: StreamName, length: number, parent: StreamChunk["parent"]): Text | null {
    const fits = (item: Text): boolean => item.length + length <= CHUNK_LENGTH;
    const last = this.#waiting(1, parent);
    if (last === null) return null;
    if (last.name === name) return fits(last) ? last : null;
    if (this.#window.messages + this.#queue.length - this.#next < EXACT_MESSAGES) return null;
    const before = this.#waiting(2, parent);
    const isOpen = before?.name === name && this.#now() - before.openedMs < this.#delayMs;
    return isOpen && fits(before) ? before : null;
  }

  /** The last or the last but one in the queue, if it is text of this parent. */
  #waiting(fromEnd: number, parent: StreamChunk["parent"]): Text | null {
    const place = this.#queue.length - fromEnd;
    const item = place < this.#next ? undefined : this.#queue[place];
    return item && isText(item) && item.parent.msg_id === parent.msg_id ? item : null;
  }

  #drain(isPaced: boolean): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#newLength = 0;
    for (let item = this.#queue[this.#next]; item; item = this.#queue[++this.#next]) {
      const message = isText(item) ? streamMessage(item) : item;
      const waitMs = isPaced && isCounted(message) ? this.#window.waitMs : 0;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.flush(), Math.ceil(waitMs));
        break;
      }
      this.#emit(message);
    }
    if (this.#next * 2 <= this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#next);
    this.#next = 0;
  }

  #emit(message: AnyMessage): void {
    const sizeBytes = this.#send(message);
    if (isCounted(message)) this.#window.add(message.type === "stream" ? sizeBytes : 0);
    // There the server begins to count anew.
    else if (isIdle(message)) this.#window.reset();
  }
}

function isText(item: Text | AnyMessage): item is Text {
  return "pieces" in item;
}

function isIdle({ content }: AnyMessage): boolean {
  return typeof content !== "string" && content.execution_state === "idle";
}

function isCounted({ socket, type }: AnyMessage): boolean {
  return socket === "iopub" && !UNCOUNTED.has(type);
}

function streamMessage({ name, parent, pieces }: Text): Outgoing {
  const content = { name, text: pieces.join("") };
  return { socket: "iopub", type: "stream", parent, content };
}

/** The place, or the one before it if it would part the two halves of a character. */
function cutBefore(text: string, place: number): number {
  if (place >= text.length) return text.length;
  const unit = text.charCodeAt(place - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? place - 1 : place;
}
