import { randomUUID } from "node:crypto";
import { escapeHtml } from "./escapeHtml.ts";
import { kernelHost, type MimeBundle } from "./host.ts";

/** Least time between two updates of what is shown. */
const UPDATE_INTERVAL_MS = 100;
const TEXT_WIDTH = 24;

export interface ProgressOptions {
  /** What is being done; stands before the bar. */
  readonly label?: string;
  /** How many items an iterable will give, where it cannot tell itself. */
  readonly total?: number;
}

/** A bar below the cell that moves in place. Outside a kernel it shows nothing. */
export class ProgressBar {
  /** Null where nobody knows. */
  total: number | null;
  label: string;
  done = 0;
  readonly #displayId = randomUUID();
  readonly #startMs = Date.now();
  #isShown = false;
  #isEnded = false;
  #shownMs = 0;

  constructor(total: number | null, { label = "" }: ProgressOptions = {}) {
    this.total = total;
    this.label = label;
    this.#show();
  }

  /** Moves the bar to `done`, and renames it if there is a label. */
  set(done: number, label = this.label): void {
    this.done = done;
    this.label = label;
    const isFull = this.total !== null && done >= this.total;
    if (isFull || Date.now() - this.#shownMs >= UPDATE_INTERVAL_MS) this.#show();
  }

  /** Moves the bar by `count`. */
  advance(count = 1): void {
    this.set(this.done + count);
  }

  /** Shows the last state, with the time it took. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#show();
  }

  #show(): void {
    this.#shownMs = Date.now();
    const options = { displayId: this.#displayId, update: this.#isShown };
    kernelHost()?.display(this.#bundle(), options);
    this.#isShown = true;
  }

  #bundle(): MimeBundle {
    const { done, total, label } = this;
    const seconds = (Date.now() - this.#startMs) / 1000;
    const rate = seconds > 0.5 && done > 0 ? `, ${(done / seconds).toPrecision(3)}/s` : "";
    const time = this.#isEnded ? `${seconds.toFixed(1)} s` : `${seconds.toFixed(0)} s${rate}`;
    const count = total === null ? `${done}` : `${done} of ${total}`;
    const share = total === null || total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(share * TEXT_WIDTH);
    const bar = total === null ? "" : `[${"#".repeat(filled)}${" ".repeat(TEXT_WIDTH - filled)}] `;
    const name = label === "" ? "" : `${label} `;
    const attributes =
      total !== null ? ` value="${share}" max="1"` : this.#isEnded ? ' value="1" max="1"' : "";
    return {
      "text/plain": `${name}${bar}${count}, ${time}`,
      "text/html": `<div>${escapeHtml(name)}<progress${attributes}></progress> ${count}, ${time}</div>`,
    };
  }
}

/** Goes through `items` with a bar that counts them; ends where the loop does, early or late. */
function* followIterable<Item>(
  items: Iterable<Item>,
  options: ProgressOptions,
): Generator<Item, void> {
  const { length, size } = items as { length?: unknown; size?: unknown };
  const known = [options.total, length, size].find((count) => typeof count === "number");
  const bar = new ProgressBar((known as number | undefined) ?? null, options);
  try {
    for (const item of items) {
      yield item;
      bar.advance();
    }
  } finally {
    bar.end();
  }
}

/** The same for what has to be awaited. */
async function* followAsyncIterable<Item>(
  items: AsyncIterable<Item>,
  options: ProgressOptions,
): AsyncGenerator<Item, void> {
  const bar = new ProgressBar(options.total ?? null, options);
  try {
    for await (const item of items) {
      yield item;
      bar.advance();
    }
  } finally {
    bar.end();
  }
}

/** The global `progress`: a bar of its own for a number, else one that follows the items. */
export function progress<Item>(
  subject: number | Iterable<Item> | AsyncIterable<Item>,
  options: ProgressOptions = {},
): ProgressBar | Iterable<Item> | AsyncIterable<Item> {
  if (typeof subject === "number") return new ProgressBar(subject, options);
  return Symbol.asyncIterator in subject
    ? followAsyncIterable(subject, options)
    : followIterable(subject, options);
}
