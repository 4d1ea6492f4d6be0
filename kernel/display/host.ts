import type { OutputSink } from "../cell/outputSink.ts";

/**
 * How code inside a cell reaches the kernel it runs in. The kernel process puts one KernelHost on globalThis under
 * a registered symbol, so that every copy of this module, bundled or not, finds the same one.
 */
const HOST = Symbol.for("vitrine.kernelHost");

/** Objects with this method say how they are displayed (Deno's convention). */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

export type MimeBundle = Record<string, unknown>;

export interface Displayable {
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

export type JsonObject = Record<string, unknown>;
export type BinaryBuffer = ArrayBuffer | ArrayBufferView;

export interface CommMessage {
  readonly data: JsonObject;
  readonly buffers: readonly DataView[];
  readonly metadata: JsonObject;
}

export interface Comm {
  readonly id: string;
  send(
    data: JsonObject,
    options?: { metadata?: JsonObject; buffers?: readonly BinaryBuffer[] },
  ): void;
  close(data?: JsonObject): void;
  /** What the listener throws or rejects with is printed on the stderr of the cell that opened the comm. */
  onMessage(listener: (message: CommMessage) => void | Promise<void>): void;
  /** Called once, whichever side closed: the front end, `close`, or the kernel because the cells showing it ran again. */
  onClose(listener: () => void): void;
  /**
   * Says that the running cell, or the place that takes its output, shows this comm's view. A comm is closed by the
   * kernel when every cell that opened or retained it has been run again or deleted, and every place cleared.
   */
  retain(): void;
}

export interface KernelHost {
  /** Publishes display_data, or update_display_data with `update: true`, under the cell that is running. */
  display(
    data: MimeBundle,
    options?: { metadata?: JsonObject; displayId?: string; update?: boolean },
  ): void;
  clearOutput(options?: { wait?: boolean }): void;
  openComm(
    target: string,
    data: JsonObject,
    options?: { metadata?: JsonObject; buffers?: readonly BinaryBuffer[] },
  ): Comm;
  /** Closes the comms that only this owner kept open: an `OutputSink`, or a cell by its id. */
  releaseComms(owner: string): void;
  /** Called when a front end opens a comm of this target. */
  registerCommTarget(target: string, listener: (comm: Comm, open: CommMessage) => void): void;
  /** Runs code whose output the sink takes; what it throws is appended there as an error, and undefined is returned. */
  capture<Result>(sink: OutputSink, run: () => Result): Promise<Awaited<Result> | undefined>;
  /** A timer that is not the cell's, so that no interrupt stops it. */
  startTimer(run: () => void, delayMs: number): NodeJS.Timeout;
  /** The cell that the code at hand belongs to, with its id where the front end sends one; null before any ran. */
  readonly sourceCell: { readonly id: string | null; readonly source: string } | null;
  /** Fires when the running cell is interrupted. */
  readonly interruptSignal: AbortSignal | null;
  /** Fires when the message of a comm that the code at hand is for has been dealt with, or the code was ended; null for other code. */
  readonly requestOver: AbortSignal | null;
}

/** The host of this process, or null outside a kernel (a script, a test, the command line). */
export function kernelHost(): KernelHost | null {
  return ((globalThis as Record<symbol, unknown>)[HOST] as KernelHost | undefined) ?? null;
}

/** Called once by the kernel process. */
export function installKernelHost(host: KernelHost): void {
  (globalThis as Record<symbol, unknown>)[HOST] = host;
}
