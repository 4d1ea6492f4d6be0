import { randomUUID } from "node:crypto";
import { KernelError } from "../errors.ts";
import { kernelSpec } from "../install/kernelspec.ts";
import { type RawMessage, serverMessage } from "../server/channels/rawMessage.ts";
import type { JsonObject } from "../server/contents/jsonObject.ts";
import { jupyterRuntimeDir } from "../server/kernels/jupyterPaths.ts";
import { KernelLife } from "../server/kernels/kernelLife.ts";
import { parseKernelSpec } from "../server/kernels/kernelSpecs.ts";
import { CellOutputs } from "./cellOutputs.ts";
import { type SavedWidgets, savedWidgets } from "./savedWidgets.ts";

export interface KernelClientOptions {
  /** Path of the built kernel. */
  readonly script: string;
  /** The folder that it runs in: the notebook's. */
  readonly cwd: string;
  /** Path of the notebook, which cells find as JPY_SESSION_NAME. */
  readonly sessionName: string;
}

/** How one execution ended. */
export interface Executed {
  readonly status: "ok" | "error" | "aborted";
  readonly executionCount: number | null;
}

interface Pending {
  readonly resolve: (content: JsonObject) => void;
  reply: JsonObject | null;
  isIdle: boolean;
}

const CONTROL = "jupyter.widget.control";
/** Waits until every picture that was shown has the answers that are saved with it. */
const WHEN_KEPT = `await Promise.all([...((globalThis as any)[Symbol.for("vitrine.liveWidgets")]?.values() ?? [])].map((live: any) => live.widget.whenKept))`;

/** A kernel of our own without a server between: cells are sent one after the other, and what they show is collected. */
export class KernelClient {
  readonly #life: KernelLife;
  readonly #session = `vitrine-client-${randomUUID()}`;
  readonly #pending = new Map<string, Pending>();
  /** Executions by the id of their request: what a cell started may show something when another runs. */
  readonly #outputs = new Map<string, CellOutputs>();
  #languageInfo: JsonObject = {};
  #onWidgets: ((saved: SavedWidgets) => void) | null = null;
  /** Rejects when the process ends by itself. */
  readonly #ended: Promise<never>;
  #hasEnded = false;

  private constructor(life: KernelLife) {
    this.#life = life;
    this.#ended = life.exited.then(({ code, signal }) => {
      this.#hasEnded = true;
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const tail = life.tail === "" ? "" : ` Its last words: ${life.tail}.`;
      throw new KernelError(
        "ERR_KERNEL_ENDED",
        `kernel: expected it to answer, but its process ended ${how}.${tail} Run the cell alone to see why.`,
      );
    });
    this.#ended.catch(() => undefined);
  }

  /** Starts a kernel. @throws Error if it cannot be started, or ends before it answers */
  static async start({ script, cwd, sessionName }: KernelClientOptions): Promise<KernelClient> {
    let client: KernelClient | null = null;
    const own = kernelSpec(script);
    const spec = { ...own, env: { ...own.env, VITRINE_PROGRESS: "off" } };
    const life = await KernelLife.start({
      kernelId: randomUUID(),
      kernelName: "vitrine",
      spec: parseKernelSpec(JSON.stringify(spec), null),
      runtimeDir: jupyterRuntimeDir(),
      cwd,
      sessionName,
      log: () => undefined,
      onMessage: (message) => {
        if (client !== null) client.#receive(message);
      },
    });
    client = new KernelClient(life);
    await life.ready;
    return client;
  }

  /** Whether its process is gone. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What the kernel says of its language, as notebooks keep it. */
  get languageInfo(): JsonObject {
    return this.#languageInfo;
  }

  /**
   * Runs a cell and waits until it is done.
   * @param cellId the notebook's id of it
   * @param outputs takes what it shows, also what it shows later, while others run
   * @throws KernelError ERR_KERNEL_ENDED if the kernel's process ends
   */
  async execute(code: string, cellId: string | null, outputs: CellOutputs): Promise<Executed> {
    const content = {
      ...{ code, silent: false, store_history: true, user_expressions: {} },
      ...{ allow_stdin: false, stop_on_error: true },
    };
    const reply = await this.#ask(content, cellId === null ? {} : { cellId }, outputs);
    const count = reply.execution_count;
    return {
      status: reply.status === "ok" || reply.status === "error" ? reply.status : "aborted",
      executionCount: typeof count === "number" ? count : null,
    };
  }

  /** The state of all open widgets, with the answers that pictures keep. */
  async widgets(): Promise<SavedWidgets> {
    await this.#ask({ code: WHEN_KEPT, silent: true, store_history: false }, {}, new CellOutputs());
    const saved = new Promise<SavedWidgets>((resolve) => {
      this.#onWidgets = resolve;
    });
    const comm_id = randomUUID();
    await this.#send("comm_open", { comm_id, target_name: CONTROL, data: {} });
    await this.#send("comm_msg", { comm_id, data: { method: "request_states" } });
    return await Promise.race([saved, this.#ended]);
  }

  /** Interrupts the cell that runs. */
  async interrupt(): Promise<void> {
    await this.#life.interrupt();
  }

  /** Ends the kernel; resolves when its process is gone. */
  async end(): Promise<void> {
    await this.#life.end(false);
  }

  /** Ends it at once, for use while this process exits. */
  kill(): void {
    this.#life.kill();
  }

  async #ask(content: JsonObject, metadata: JsonObject, outputs: CellOutputs): Promise<JsonObject> {
    const message = serverMessage("shell", "execute_request", content, this.#session, {}, metadata);
    this.#outputs.set(message.msgId, outputs);
    const answered = new Promise<JsonObject>((resolve) => {
      this.#pending.set(message.msgId, { resolve, reply: null, isIdle: false });
    });
    await this.#life.send(message);
    return await Promise.race([answered, this.#ended]);
  }

  async #send(type: string, content: JsonObject): Promise<void> {
    await this.#life.send(serverMessage("shell", type, content, this.#session));
  }

  #receive({ channel, msgType: type, parentMsgId, content: bytes, buffers }: RawMessage): void {
    if (type === "kernel_info_reply") {
      this.#languageInfo = (jsonOf(bytes).language_info ?? {}) as JsonObject;
      return;
    }
    const pending = this.#pending.get(parentMsgId);
    if (channel === "shell") {
      if (type !== "execute_reply" || pending === undefined) return;
      pending.reply = jsonOf(bytes);
    } else if (channel === "iopub") {
      if (type === "status") {
        if (pending === undefined || jsonOf(bytes).execution_state !== "idle") return;
        pending.isIdle = true;
      } else if (type === "update_display_data") {
        const content = jsonOf(bytes);
        for (const outputs of this.#outputs.values()) outputs.update(content);
      } else if (type === "comm_msg" && this.#onWidgets !== null) {
        const saved = savedWidgets(jsonOf(bytes), buffers);
        if (saved !== null) this.#onWidgets(saved);
      } else if (!type.startsWith("comm_")) {
        this.#outputs.get(parentMsgId)?.take(type, jsonOf(bytes));
      }
    }
    if (pending?.reply && pending.isIdle) {
      this.#pending.delete(parentMsgId);
      pending.resolve(pending.reply);
    }
  }
}

const jsonOf = (bytes: Uint8Array): JsonObject =>
  JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
  ) as JsonObject;
