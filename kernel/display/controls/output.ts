import { kernelHost } from "../host.ts";
import type { NotebookOutput, OutputSink } from "../outputSink.ts";
import { OutputBase } from "./schemaControls.ts";

/** Output of a burst travels together. */
const FLUSH_DELAY_MS = 30;

/** A place for output: what code prints, shows and throws inside `capture` appears here instead of below the cell. */
export class Output extends OutputBase {
  #shown: NotebookOutput[] = [];
  #isClearPending = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #sink: OutputSink = {
    stream: (name, text) => {
      this.#clearIfPending();
      const last = this.#shown.at(-1);
      if (last?.output_type === "stream" && last.name === name) {
        this.#shown[this.#shown.length - 1] = { ...last, text: `${last.text}${text}` };
      } else this.#shown.push({ output_type: "stream", name, text });
      this.#flushSoon();
    },
    append: (output) => {
      this.#clearIfPending();
      this.#shown.push(output);
      this.#flushSoon();
    },
    clear: (wait) => this.clear({ wait }),
  };

  /** Runs code with its output shown here; the result is that of `run`, or undefined if it threw, which is shown. */
  async capture<Result>(run: () => Result): Promise<Awaited<Result> | undefined> {
    const host = kernelHost();
    if (host === null) return await run();
    try {
      return await host.capture(this.#sink, run);
    } finally {
      this.#flush();
    }
  }

  /** Empties it; with `wait`, when the next output arrives. */
  clear({ wait = false }: { readonly wait?: boolean } = {}): void {
    this.#isClearPending = wait;
    if (wait) return;
    this.#shown = [];
    this.#flushSoon();
  }

  #clearIfPending(): void {
    if (this.#isClearPending) this.#shown = [];
    this.#isClearPending = false;
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_DELAY_MS);
  }

  #flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.set({ outputs: [...this.#shown] });
  }
}
