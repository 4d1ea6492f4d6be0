import { type Cell, cellContext } from "../session/cell.ts";
import { thrownError } from "../session/errorContent.ts";
import type { Outgoing } from "../transport/bridge.ts";
import { encodeBinary } from "./bundle.ts";
import type { CommManager } from "./comms.ts";
import type { Comm, CommMessage, JsonObject, KernelHost, MimeBundle } from "./host.ts";
import type { OutputSink } from "./outputSink.ts";

interface ProcessHostOptions {
  readonly send: (message: Outgoing) => void;
  readonly comms: CommManager;
  /** The cell that ran last, for code that no cell can be told to have started. */
  readonly lastCell: () => Cell | null;
}

/** The KernelHost of this kernel process. */
export class ProcessHost implements KernelHost {
  readonly #options: ProcessHostOptions;

  constructor(options: ProcessHostOptions) {
    this.#options = options;
  }

  get interruptSignal(): AbortSignal | null {
    return this.#cell()?.interruptSignal ?? null;
  }

  display(
    data: MimeBundle,
    options: { metadata?: JsonObject; displayId?: string; update?: boolean } = {},
  ): void {
    const { metadata = {}, displayId, update = false } = options;
    const sink = cellContext.getStore()?.output;
    if (sink !== undefined && !update) {
      sink.append({ output_type: "display_data", data: encodeBinary(data), metadata });
      return;
    }
    this.#publish(update ? "update_display_data" : "display_data", {
      data: encodeBinary(data),
      metadata,
      transient: displayId === undefined ? {} : { display_id: displayId },
    });
  }

  clearOutput({ wait = false }: { wait?: boolean } = {}): void {
    const sink = cellContext.getStore()?.output;
    if (sink !== undefined) sink.clear(wait);
    else this.#publish("clear_output", { wait });
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
