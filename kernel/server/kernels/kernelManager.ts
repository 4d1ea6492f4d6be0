import { setTimeout as sleep } from "node:timers/promises";
import type { HeldObserver } from "../channels/channelHub.ts";
import type { Contents } from "../contents/contents.ts";
import { parentPath } from "../contents/contentsPath.ts";
import { HttpError } from "../httpError.ts";
import type { ServerLog } from "../serverLog.ts";
import { sweepConnectionFiles } from "./connectionFile.ts";
import { Kernel } from "./kernel.ts";
import type { KernelSpecs } from "./kernelSpecs.ts";

/** Time to write the connection file and to start the process; how long the kernel takes to answer is another matter. */
const START_LIMIT_MS = 15_000;

export interface KernelManagerOptions {
  readonly specs: KernelSpecs;
  readonly contents: Contents;
  readonly runtimeDir: string;
  readonly log: ServerLog;
  readonly onHeld?: HeldObserver | undefined;
  /** `START_LIMIT_MS` unless given. */
  readonly startLimitMs?: number | undefined;
}

/** The kernels of one server. None outlives it. */
export class KernelManager {
  readonly #options: KernelManagerOptions;
  readonly #kernels = new Map<string, Kernel>();
  readonly #dying = new Set<Kernel>();
  readonly #onExit = () => {
    for (const kernel of [...this.#kernels.values(), ...this.#dying]) kernel.killNow();
  };
  #isClosed = false;

  constructor(options: KernelManagerOptions) {
    this.#options = options;
    process.on("exit", this.#onExit);
  }

  async prepare(): Promise<void> {
    await sweepConnectionFiles(this.#options.runtimeDir);
  }

  all(): Kernel[] {
    return [...this.#kernels.values()];
  }

  /** @throws HttpError 404 */
  get(id: string): Kernel {
    const kernel = this.#kernels.get(id);
    if (kernel === undefined) {
      throw new HttpError(
        404,
        `kernel: expected the id of a running kernel, got ${id}. Start a new one.`,
      );
    }
    return kernel;
  }

  has(id: string): boolean {
    return this.#kernels.has(id);
  }

  /**
   * Starts a kernel in the folder of `path`, the document it is for.
   * @throws HttpError 501 if no such kernel is installed, 500 if its process cannot be started
   */
  async start(name: string | null, path: string): Promise<Kernel> {
    const { specs, runtimeDir, log, onHeld } = this.#options;
    const wanted = name === null || name === "" ? specs.defaultName : name;
    const spec = await specs.find(wanted);
    if (spec === null) {
      const known = [...(await specs.all()).keys()].join(", ");
      throw new HttpError(
        501,
        `start kernel: expected one of ${known}, got ${wanted}. Choose another kernel, or install this one.`,
      );
    }
    if (this.#isClosed)
      throw new HttpError(
        503,
        "start kernel: expected a running server, got one that stops. Start it again.",
      );
    const cwd = await this.#folderOf(path);
    const kernel = new Kernel({
      name: wanted,
      spec,
      cwd,
      sessionName: path,
      runtimeDir,
      log,
      onHeld,
    });
    this.#kernels.set(kernel.id, kernel);
    try {
      await this.#inTime(kernel);
    } catch (cause) {
      this.#kernels.delete(kernel.id);
      throw new HttpError(500, (cause as Error).message, { cause });
    }
    return kernel;
  }

  /** A disk that does not answer must not keep whoever asked for the kernel. */
  async #inTime(kernel: Kernel): Promise<void> {
    const { runtimeDir, startLimitMs = START_LIMIT_MS } = this.#options;
    const timer = new AbortController();
    const late = sleep(startLimitMs, true, { signal: timer.signal }).catch(() => false);
    const started = kernel.start().then(() => false);
    started.catch(() => undefined);
    const isLate = await Promise.race([started, late]).finally(() => timer.abort());
    if (!isLate) return;
    void kernel.shutdown().catch(() => undefined); // once its disk answers
    throw new Error(
      `start kernel ${kernel.name}: expected a connection file in ${runtimeDir} within ${startLimitMs / 1000} s, got none. Set JUPYTER_RUNTIME_DIR to a folder on a disk that answers.`,
    );
  }

  async shutdown(id: string): Promise<void> {
    const kernel = this.get(id);
    this.#kernels.delete(id);
    this.#dying.add(kernel);
    try {
      await kernel.shutdown();
    } finally {
      this.#dying.delete(kernel);
    }
  }

  /** Shuts every kernel down and waits until their processes are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const kernels = [...this.#kernels.values(), ...this.#dying];
    await Promise.all(kernels.map((kernel) => kernel.shutdown()));
    this.#kernels.clear();
    process.off("exit", this.#onExit);
  }

  /** The nearest folder above a document, which need not exist yet, on disk. */
  async #folderOf(path: string): Promise<string> {
    for (let folder = parentPath(path); ; folder = parentPath(folder)) {
      try {
        return await this.#options.contents.folderOnDisk(folder);
      } catch (error) {
        if (folder === "") throw error;
      }
    }
  }
}
