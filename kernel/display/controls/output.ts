import { randomUUID } from "node:crypto";

import type { NotebookOutput, OutputSink } from "../../cell/outputSink.ts";
import { checkOptions } from "../checkOptions.ts";

import { kernelHost } from "../host.ts";
import { liveWidgets } from "../liveWidgets.ts";
import { WIDGET_VIEW_MIME } from "../widgetModel.ts";
import { OutputBase } from "./schemaControls.ts";

/** Output of a burst travels together. */
const FLUSH_DELAY_MS = 30;

interface Shown {
  readonly output: NotebookOutput;
  readonly displayId: string | undefined;
}

/** A place for output: what code prints, shows and throws inside `capture` appears here instead of below the cell. */
export class Output extends OutputBase {
  #shown: Shown[] = [];
  #isClearPending = false;
  #timer: NodeJS.Timeout | null = null;
  /** Keeps the widgets shown here alive; a new one with every clear, so that the old ones close when they are gone. */
  #owner = randomUUID();
  #pastOwners: string[] = [];
  readonly #sink: OutputSink;

  constructor(...init: ConstructorParameters<typeof OutputBase>) {
    super(...init);
    const owner = (): string => this.#owner;
    this.#sink = {
      get owner() {
        return owner();
      },
      stream: (name, text) => this.#stream(name, text),
      append: (output, displayId) => this.#append({ output, displayId }),
      update: (displayId, output) => this.#update({ output, displayId }),
      clear: (wait) => this.clear({ wait }),
    };
  }

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

  /** As `capture`, in place of what is shown here now, which stays until there is something new or the run ends. */
  async replace<Result>(run: () => Result): Promise<Awaited<Result> | undefined> {
    this.clear({ wait: true });
    try {
      return await this.capture(run);
    } finally {
      if (this.#isClearPending) this.clear();
    }
  }

  /** Empties it; with `wait`, when the next output arrives. */
  clear(options: { readonly wait?: boolean } = {}): void {
    checkOptions("Output.clear", options, { wait: true });
    const { wait = false } = options;
    this.#pastOwners.push(this.#owner);
    this.#owner = randomUUID();
    this.#isClearPending = wait;
    if (wait) return;
    this.#shown = [];
    this.#flushSoon();
  }

  protected override closed(): void {
    this.#releaseAll();
    this.#shown = this.#shown.map(({ output, displayId }) => ({
      output: withoutDeadView(output),
      displayId,
    }));
    this.#show();
  }

  #stream(name: "stdout" | "stderr", text: string): void {
    this.#clearIfPending();
    const last = this.#shown.at(-1)?.output;
    const isSame = last?.output_type === "stream" && last.name === name;
    if (isSame) this.#shown.pop();
    const output = {
      output_type: "stream",
      name,
      text: isSame ? `${last.text}${text}` : text,
    };
    this.#shown.push({ output, displayId: undefined });
    this.#flushSoon();
  }

  #append(shown: Shown): void {
    this.#clearIfPending();
    this.#shown.push(shown);
    this.#flushSoon();
  }

  #update(changed: Shown): boolean {
    const isChanged = ({ displayId }: Shown): boolean => displayId === changed.displayId;
    if (!this.#shown.some(isChanged)) return false;
    this.#shown = this.#shown.map((shown) => (isChanged(shown) ? changed : shown));
    this.#flushSoon();
    return true;
  }

  #show(): void {
    this.set({ outputs: this.#shown.map(({ output }) => output) });
  }

  #clearIfPending(): void {
    if (this.#isClearPending) this.#shown = [];
    this.#isClearPending = false;
  }

  #flushSoon(): void {
    const flush = (): void => this.#flush();
    this.#timer ??=
      kernelHost()?.startTimer(flush, FLUSH_DELAY_MS) ?? setTimeout(flush, FLUSH_DELAY_MS);
  }

  #flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#show();
    if (!this.#isClearPending) this.#release(this.#pastOwners.splice(0));
  }

  #releaseAll(): void {
    this.#release([...this.#pastOwners.splice(0), this.#owner]);
  }

  #release(owners: readonly string[]): void {
    for (const owner of owners) kernelHost()?.releaseComms(owner);
  }
}

/** What is left of an output when the kernel has closed the widget that it shows: its picture, its text. */
function withoutDeadView(output: NotebookOutput): NotebookOutput {
  const { [WIDGET_VIEW_MIME]: view, ...others } = (output.data ?? {}) as Record<string, unknown>;
  const id = (view as { model_id?: string } | undefined)?.model_id;
  return id === undefined || liveWidgets().has(id) ? output : { ...output, data: others };
}
