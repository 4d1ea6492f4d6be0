import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ChannelHub, type HeldObserver } from "../channels/channelHub.ts";
import { executionState, type RawMessage, serverMessage } from "../channels/rawMessage.ts";
import type { ServerLog } from "../serverLog.ts";
import { KernelLife } from "./kernelLife.ts";
import type { KernelExit } from "./kernelProcess.ts";
import type { KernelSpec } from "./kernelSpec.ts";

/** After so many unexpected ends in a row the kernel stays dead until a user restarts it. */
const RESTART_LIMIT = 5;
/** A kernel that ran for so long had a healthy start. */
const STABLE_MS = 10_000;
const BACKOFF_MS = 200;
const READY_LIMIT_MS = 60_000;
const MAX_PENDING = 10_000;

export interface KernelModel {
  readonly id: string;
  readonly name: string;
  readonly last_activity: string;
  readonly execution_state: string;
  readonly connections: number;
}

export interface KernelOptions {
  readonly name: string;
  readonly spec: KernelSpec;
  readonly cwd: string;
  readonly sessionName: string;
  readonly runtimeDir: string;
  readonly log: ServerLog;
  readonly onHeld?: HeldObserver | undefined;
}

/** A running kernel as clients know it: one id through all restarts of its process. */
export class Kernel {
  readonly id = randomUUID();
  readonly name: string;
  readonly hub: ChannelHub;
  readonly #options: KernelOptions;
  #life: KernelLife | null = null;
  #executionState = "starting";
  #lastActivityMs = Date.now();
  #kernelSession = "";
  #failedStarts = 0;
  #pending: RawMessage[] = [];
  #isShutDown = false;
  #lifecycle: Promise<void> = Promise.resolve();

  constructor(options: KernelOptions) {
    this.#options = options;
    this.name = options.name;
    this.hub = new ChannelHub(this, options.log, options.onHeld);
  }

  get executionState(): string {
    return this.#executionState;
  }

  /** The folder its process runs in. */
  get cwd(): string {
    return this.#options.cwd;
  }

  get pid(): number | undefined {
    return this.#life?.pid;
  }

  /** Whether nothing goes on in it: not while it starts or starts again, nor while a cell runs. */
  get isIdle(): boolean {
    if (this.#executionState === "dead") return true;
    return this.#executionState === "idle" && this.#life?.isReady === true;
  }

  /** When it last sent or got a message, or was ready after a start. */
  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  model(): KernelModel {
    return {
      id: this.id,
      name: this.name,
      last_activity: new Date(this.#lastActivityMs).toISOString(),
      execution_state: this.#executionState,
      connections: this.hub.connectionCount,
    };
  }

  /** @throws Error if the process cannot be started */
  async start(): Promise<void> {
    await this.#exclusively(async () => {
      await this.#launch();
    });
  }

  /** Passes a client's message on, once the kernel is ready. */
  async send(message: RawMessage): Promise<void> {
    this.#lastActivityMs = Date.now();
    const life = this.#life;
    if (life?.isReady === true && this.#pending.length === 0) {
      await life.send(message);
      return;
    }
    if (this.#executionState === "dead" || this.#isShutDown) {
      throw new Error(`kernel ${this.id}: expected a running kernel, got a dead one. Restart it.`);
    }
    if (this.#pending.length >= MAX_PENDING) {
      throw new Error(
        `kernel ${this.id}: expected at most ${MAX_PENDING} messages before it is ready, got more. Wait for it.`,
      );
    }
    this.#pending.push(message);
  }

  async interrupt(): Promise<void> {
    if (this.#life === null)
      throw new Error(
        `interrupt kernel ${this.id}: expected a running kernel, got a dead one. Restart it.`,
      );
    await this.#life.interrupt();
  }

  /** Ends the process, starts a new one and resolves once that is ready. */
  async restart(): Promise<void> {
    await this.#exclusively(async () => {
      this.#executionState = "restarting";
      this.#pending = [];
      await this.#endLife(true);
      this.#failedStarts = 0;
      await this.#launch();
    });
    await this.#life?.ready;
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.#exclusively(async () => {
      await this.#endLife(false);
      this.#executionState = "dead";
    });
    this.hub.close("the kernel was shut down");
  }

  /** For use while this process exits. */
  killNow(): void {
    this.#isShutDown = true;
    this.#life?.kill();
  }

  async #launch(): Promise<void> {
    if (this.#isShutDown) return;
    const { spec, cwd, sessionName, runtimeDir, log, name } = this.#options;
    const life = await KernelLife.start({
      kernelId: this.id,
      kernelName: name,
      spec,
      cwd,
      sessionName,
      runtimeDir,
      log,
      onMessage: (message, isOwn) => {
        this.#receive(message, isOwn);
      },
    });
    this.#life = life;
    log("info", `kernel ${this.id} (${name}): started, process ${life.pid}`);
    void this.#watchStart(life);
    void life.exited.then((exit) => this.#ended(life, exit));
  }

  async #watchStart(life: KernelLife): Promise<void> {
    const timer = new AbortController();
    const late = sleep(READY_LIMIT_MS, "late" as const, { signal: timer.signal, ref: false }).catch(
      () => "stopped" as const,
    );
    const outcome = await Promise.race([life.ready.then(() => "ready" as const), late]).catch(
      () => "ended" as const,
    );
    timer.abort();
    if (life !== this.#life || life.isEnding) return;
    if (outcome === "late") {
      this.#options.log(
        "error",
        `kernel ${this.id}: expected an answer within ${READY_LIMIT_MS / 1000} s, got none. ${life.tail}`,
      );
      life.kill();
      this.#die();
      return;
    }
    if (outcome !== "ready") return;
    this.#lastActivityMs = Date.now();
    if (this.#executionState === "starting" || this.#executionState === "restarting")
      this.#executionState = "idle";
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending.map((message) => life.send(message)));
  }

  async #ended(life: KernelLife, exit: KernelExit): Promise<void> {
    if (life !== this.#life || life.isEnding || this.#isShutDown) return;
    const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`;
    const tail = life.tail === "" ? "" : `; its last words: ${life.tail}`;
    this.#options.log(
      "warn",
      `kernel ${this.id} (${this.name}): its process ended unexpectedly ${how}${tail}`,
    );
    if (Date.now() - life.startedAtMs > STABLE_MS) this.#failedStarts = 0;
    await this.#exclusively(async () => {
      if (life === this.#life) await this.#startAgain(life.isReady);
    });
  }

  /**
   * Clients hear of the end of a kernel that they have spoken to. One that ended before it was ready, perhaps because
   * somebody took its port, has lost nothing of theirs: what they sent waits for the next.
   */
  async #startAgain(wasReady: boolean): Promise<void> {
    this.#life = null;
    if (wasReady) this.#publishState("restarting");
    while (!this.#isShutDown) {
      this.#failedStarts++;
      if (this.#failedStarts > RESTART_LIMIT) {
        this.#die();
        return;
      }
      await sleep(BACKOFF_MS * (this.#failedStarts - 1));
      try {
        await this.#launch();
        return;
      } catch (error) {
        this.#options.log("error", (error as Error).message);
      }
    }
  }

  #die(): void {
    this.#life = null;
    this.#pending = [];
    this.#publishState("dead");
    this.#options.log(
      "error",
      `kernel ${this.id} (${this.name}): gave up; restart it from the page`,
    );
  }

  async #endLife(restart: boolean): Promise<void> {
    const life = this.#life;
    this.#life = null;
    await life?.end(restart);
  }

  /** Runs starts, restarts and shutdowns one after the other. */
  async #exclusively(action: () => Promise<void>): Promise<void> {
    const next = this.#lifecycle.then(action);
    this.#lifecycle = next.catch(() => undefined);
    await next;
  }

  #receive(message: RawMessage, isOwn: boolean): void {
    this.#lastActivityMs = Date.now();
    if (message.channel === "iopub") this.#kernelSession = message.session;
    this.#executionState = executionState(message) || this.#executionState;
    if (isOwn) return;
    if (message.channel === "iopub") this.hub.broadcast(message);
    else this.hub.answer(message);
  }

  /**
   * Tells every client what the kernel itself no longer can. JupyterLab takes `restarting` on iopub as the news that
   * the server starts the kernel again, shows it as `autorestarting`, and drops what it had waited for.
   */
  #publishState(state: "restarting" | "dead"): void {
    this.#executionState = state === "dead" ? "dead" : "autorestarting";
    this.hub.broadcast(
      serverMessage("iopub", "status", { execution_state: state }, this.#kernelSession),
    );
  }
}
