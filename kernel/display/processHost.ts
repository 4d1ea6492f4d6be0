import { type Cell, cellContext } from "../cell/cell.ts";
import { thrownError } from "../cell/errorContent.ts";
import type { NotebookOutput, OutputSink } from "../cell/outputSink.ts";
import { plainJson } from "../protocol/plainJson.ts";
import type { Outgoing } from "../transport/outgoing.ts";
import type { CommManager } from "./comms.ts";
import type { Comm, CommMessage, JsonObject, KernelHost, MimeBundle } from "./host.ts";
import { wireBundle } from "./wireBundle.ts";

interface ProcessHostOptions {
  readonly send: (message: Outgoing) => void;
  readonly comms: CommManager;
  /** The cell that ran last, for code that no cell can be told to have started. */
  readonly lastCell: () => Cell | null;
  readonly startTimer: KernelHost["startTimer"];
}

/** The KernelHost of this kernel process. */
export class ProcessHost implements KernelHost {
  readonly #options: ProcessHostOptions;
  /** Sinks that took something with an id, which any code may update, until they are gone. */
  readonly #updatable = new Set<WeakRef<OutputSink>>();

  constructor(options: ProcessHostOptions) {
    this.#options = options;
  }

  get interruptSignal(): AbortSignal | null {
    return this.#cell()?.interruptSignal ?? null;
  }

  get requestOver(): AbortSignal | null {
    return cellContext.getStore()?.over ?? null;
  }

  get sourceCell(): KernelHost["sourceCell"] {
    const cell = this.#cell();
    return cell && { id: cell.cellId, source: cell.source };
  }

  startTimer(run: () => void, delayMs: number): NodeJS.Timeout {
    return this.#options.startTimer(run, delayMs);
  }

  display(
    data: MimeBundle,
    options: { metadata?: JsonObject; displayId?: string; update?: boolean } = {},
  ): void {
    const { metadata = {}, displayId, update = false } = options;
    const sink = cellContext.getStore()?.output;
    const content = {
      data: wireBundle(data),
      metadata: plainJson(metadata, "metadata") as JsonObject,
    };
    const output = { output_type: "display_data", ...content };
    if (update && displayId !== undefined && this.#updateSinks(displayId, output)) return;
    if (sink !== undefined && !update) {
      if (displayId !== undefined) this.#rememberSink(sink);
      sink.append(output, displayId);
      return;
    }
    this.#publish(update ? "update_display_data" : "display_data", {
      ...content,
      transient: displayId === undefined ? {} : { display_id: plainJson(displayId, "display id") },
    });
  }

  clearOutput({ wait = false }: { wait?: boolean } = {}): void {
    const sink = cellContext.getStore()?.output;
    if (sink !== undefined) sink.clear(wait);
    else this.#publish("clear_output", { wait: Boolean(wait) });
  }

  async capture<Result>(sink: OutputSink, run: () => Result): Promise<Awaited<Result> | undefined> {
    const cell = this.#cell();
    const context = cellContext.getStore() ?? { cell, request: cell?.header ?? {} };
    return await cellContext.run({ ...context, output: sink }, async () => {
      try {
        return await run();
      } catch (error) {
        sink.append({ output_type: "error", ...thrownError(error) });
        return undefined;
      }
    });
  }

  openComm(
    target: string,
    data: JsonObject,
    options?: Parameters<KernelHost["openComm"]>[2],
  ): Comm {
    return this.#options.comms.open(target, data, options);
  }

  releaseComms(owner: string): void {
    this.#options.comms.release(owner);
  }

  registerCommTarget(target: string, listener: (comm: Comm, open: CommMessage) => void): void {
    this.#options.comms.registerTarget(target, listener);
  }

  #rememberSink(sink: OutputSink): void {
    const isKnown = [...this.#updatable].some((reference) => reference.deref() === sink);
    if (!isKnown) this.#updatable.add(new WeakRef(sink));
  }

  /** @returns whether any sink held what has this id */
  #updateSinks(displayId: string, output: NotebookOutput): boolean {
    let isHeld = false;
    for (const reference of this.#updatable) {
      const sink = reference.deref();
      if (sink === undefined) this.#updatable.delete(reference);
      else if (sink.update(displayId, output)) isHeld = true;
    }
    return isHeld;
  }

  #cell(): Cell | null {
    return cellContext.getStore()?.cell ?? this.#options.lastCell();
  }

  #publish(type: string, content: Record<string, unknown>): void {
    const cell = this.#cell();
    if (cell?.isSilent) return;
    const parent = cell?.header ?? {};
    this.#options.send({ socket: "iopub", type, parent, content });
  }
}
