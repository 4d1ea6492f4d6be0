import { setTimeout as sleep } from "node:timers/promises";
import { type RawMessage, serverMessage } from "../channels/rawMessage.ts";
import type { ServerLog } from "../serverLog.ts";
import { newConnectionInfo, removeConnectionFile, writeConnectionFile } from "./connectionFile.ts";
import { Heartbeat } from "./heartbeat.ts";
import { KernelLink } from "./kernelLink.ts";
import { type KernelExit, KernelProcess } from "./kernelProcess.ts";
import type { KernelSpec } from "./kernelSpec.ts";

const ASK_AGAIN_MS = 300;
/** A kernel that answers but publishes nothing (tslab) is taken as ready after this. */
const SILENT_IOPUB_MS = 1500;
const POLITE_MS = 3000;
const TERMINATE_MS = 1500;

export interface LifeOptions {
  readonly kernelId: string;
  readonly kernelName: string;
  readonly spec: KernelSpec;
  readonly cwd: string;
  readonly sessionName: string;
  readonly runtimeDir: string;
  /** `isOwn` marks answers to the server's own questions, which clients do not get. */
  readonly onMessage: (message: RawMessage, isOwn: boolean) => void;
  readonly log: ServerLog;
}

/** One run of a kernel's process, from its connection file to its end. A restart makes a new one. */
export class KernelLife {
  readonly startedAtMs = Date.now();
  /** Resolves once the kernel has answered on shell and published on iopub, so that no message can be lost. */
  readonly ready: Promise<void>;
  readonly exited: Promise<KernelExit>;
  /** Set before the process is asked to end, so that its end is no surprise. */
  isEnding = false;
  readonly #process: KernelProcess;
  readonly #link: KernelLink;
  readonly #heartbeat: Heartbeat;
  readonly #connectionFile: string;
  readonly #serverSession: string;
  readonly #options: LifeOptions;
  #hasAnswered = false;
  #hasPublished = false;
  #isReady = false;
  #hasExited = false;

  private constructor(
    options: LifeOptions,
    process: KernelProcess,
    connectionFile: string,
    serverSession: string,
    makeLink: (onMessage: (message: RawMessage) => void) => KernelLink,
    heartbeat: Heartbeat,
  ) {
    this.#options = options;
    this.#process = process;
    this.#connectionFile = connectionFile;
    this.#serverSession = serverSession;
    this.#heartbeat = heartbeat;
    this.#link = makeLink((message) => {
      this.#receive(message);
    });
    this.exited = process.exited.then((exit) => {
      this.#hasExited = true;
      this.release();
      return exit;
    });
    this.ready = this.#becomeReady();
  }

  /** @throws Error if the process cannot be started; nothing is left behind then */
  static async start(options: LifeOptions): Promise<KernelLife> {
    const info = await newConnectionInfo();
    const { runtimeDir, kernelId, kernelName, spec, cwd, sessionName, log } = options;
    const connectionFile = await writeConnectionFile(runtimeDir, kernelId, kernelName, info);
    const serverSession = `vitrine-server-${crypto.randomUUID()}`;
    try {
      const process = await KernelProcess.launch({ spec, connectionFile, cwd, sessionName, log });
      const heartbeat = new Heartbeat(info, (silentMs) => {
        log(
          "warn",
          `kernel ${kernelId}: no heartbeat for ${Math.round(silentMs / 1000)} s; its process still runs`,
        );
      });
      return new KernelLife(
        options,
        process,
        connectionFile,
        serverSession,
        (onMessage) => new KernelLink(info, serverSession, onMessage, log),
        heartbeat,
      );
    } catch (error) {
      removeConnectionFile(connectionFile);
      throw error;
    }
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** What the process last wrote to its own stdout and stderr. */
  get tail(): string {
    return this.#process.tail;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  async send(message: RawMessage): Promise<void> {
    await this.#link.send(message);
  }

  async interrupt(): Promise<void> {
    if (this.#options.spec.interruptMode === "message")
      await this.#ask("control", "interrupt_request", {});
    else this.#process.interrupt();
  }

  /** Asks the kernel to end, then tells it, then makes it; resolves when its process is gone. */
  async end(restart: boolean): Promise<void> {
    this.isEnding = true;
    if (this.#isReady && !this.#hasExited)
      await this.#ask("control", "shutdown_request", { restart });
    if (!(await this.#exitsWithin(this.#isReady ? POLITE_MS : 0))) {
      this.#process.terminate();
      if (!(await this.#exitsWithin(TERMINATE_MS))) this.#process.kill();
    }
    await this.exited;
    this.#process.kill(); // what it started may still run
  }

  /** Ends the process at once, for use while this process exits. */
  kill(): void {
    this.isEnding = true;
    this.#process.kill();
    this.release();
  }

  release(): void {
    this.#heartbeat.close();
    this.#link.close();
    removeConnectionFile(this.#connectionFile);
  }

  #receive(message: RawMessage): void {
    const isOwn = message.parentSession === this.#serverSession;
    if (isOwn) {
      if (message.channel === "shell") this.#hasAnswered = true;
      if (message.channel === "iopub") this.#hasPublished = true;
    }
    this.#options.onMessage(message, isOwn);
  }

  async #becomeReady(): Promise<void> {
    let answeredAtMs = 0;
    while (!this.#hasExited) {
      if (this.#hasAnswered && answeredAtMs === 0) answeredAtMs = Date.now();
      const isSilent = answeredAtMs > 0 && Date.now() - answeredAtMs > SILENT_IOPUB_MS;
      if (this.#hasAnswered && (this.#hasPublished || isSilent)) {
        this.#isReady = true;
        return;
      }
      await this.#ask("shell", "kernel_info_request", {});
      await this.#answerWithin(ASK_AGAIN_MS);
    }
    const tail = this.tail === "" ? "" : ` Its last words: ${this.tail}`;
    throw new Error(
      `start kernel ${this.#options.kernelName}: expected it to answer, but its process ended.${tail}`,
    );
  }

  async #answerWithin(limitMs: number): Promise<void> {
    const end = Date.now() + limitMs;
    while (Date.now() < end && !this.#hasExited && !(this.#hasAnswered && this.#hasPublished))
      await sleep(20);
  }

  async #ask(
    channel: "shell" | "control",
    msgType: string,
    content: Record<string, unknown>,
  ): Promise<void> {
    await this.#link.send(serverMessage(channel, msgType, content, this.#serverSession));
  }

  async #exitsWithin(limitMs: number): Promise<boolean> {
    if (this.#hasExited) return true;
    const timer = new AbortController();
    const late = sleep(limitMs, false, { signal: timer.signal }).catch(() => false);
    const exited = await Promise.race([this.exited.then(() => true), late]);
    timer.abort();
    return exited;
  }
}
