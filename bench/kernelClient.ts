import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Dealer, Subscriber } from "zeromq";
import { type ConnectionInfo, endpoint } from "../kernel/protocol/connection.ts";
import { decodeFrames, encodeFrames } from "../kernel/protocol/frames.ts";
import type { Json } from "../kernel/protocol/messages.ts";
import { Signer } from "../kernel/protocol/signing.ts";
import {
  newConnectionInfo,
  removeConnectionFile,
  writeConnectionFile,
} from "../kernel/server/kernels/connectionFile.ts";

/** Linux counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10;

/** A kernel process and one client of it, over ZMQ as Jupyter does. */
export class KernelClient {
  readonly #child: ChildProcess;
  readonly #file: string;
  readonly #signer: Signer;
  readonly #shell = new Dealer({ reconnectInterval: 5, linger: 0 });
  readonly #iopub = new Subscriber({ reconnectInterval: 5, linger: 0 });
  readonly #session = randomUUID();
  /** What to do when a request's idle comes. */
  readonly #onIdle = new Map<string, () => void>();
  /** Cells whose idle had not come a second after their reply. */
  lostIdles = 0;

  private constructor(child: ChildProcess, file: string, info: ConnectionInfo) {
    this.#child = child;
    this.#file = file;
    this.#signer = new Signer(info.key);
    this.#shell.connect(endpoint(info, "shell"));
    this.#iopub.connect(endpoint(info, "iopub"));
    this.#iopub.subscribe();
    void this.#readIopub();
  }

  /** Starts a kernel. @returns the client, and the time until the kernel answered kernel_info */
  static async start(
    argv: readonly string[],
    folder: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ kernel: KernelClient; startMs: number }> {
    const info = await newConnectionInfo();
    const file = await writeConnectionFile(folder, randomUUID(), "bench", info);
    const [command = "", ...rest] = argv.map((part) => part.replace("{connection_file}", file));
    const began = performance.now();
    const child = spawn(command, rest, {
      cwd: folder,
      stdio: "ignore",
      env: { ...process.env, ...env },
    });
    const kernel = new KernelClient(child, file, info);
    const replies = kernel.#shell[Symbol.asyncIterator]();
    await kernel.#send("kernel_info_request", {});
    await within(30_000, "kernel_info_reply", replies.next());
    return { kernel, startMs: performance.now() - began };
  }

  /** Runs a cell. @returns the time until both its reply and its idle were here, as far as they came */
  async run(code: string): Promise<number> {
    const began = performance.now();
    const id = randomUUID();
    const idle = new Promise<true>((resolve) => this.#onIdle.set(id, () => resolve(true)));
    const request = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    await this.#send("execute_request", request, id);
    await within(15_000, `reply to ${code}`, this.#reply(id, "execute_reply", code));
    const replied = performance.now();
    const isIdle = await Promise.race([idle, delay(1000, false)]);
    this.#onIdle.delete(id);
    if (!isIdle) this.lostIdles += 1;
    return (isIdle ? performance.now() : replied) - began;
  }

  /** Asks for completions at the end of a cell. @returns the time until they were here */
  async complete(code: string): Promise<number> {
    const began = performance.now();
    const id = randomUUID();
    await this.#send("complete_request", { code, cursor_pos: code.length }, id);
    await within(15_000, `completions of ${code}`, this.#reply(id, "complete_reply", code));
    return performance.now() - began;
  }

  /** Time on all cores that the process has used so far. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  /** Memory of the process that is in RAM, in bytes. */
  rssBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    this.#shell.close();
    this.#iopub.close();
    removeConnectionFile(this.#file);
    await delay(100);
  }

  async #send(type: string, content: Json, id: string = randomUUID()): Promise<void> {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: "bench",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const message = { ids: [], header, parent: {}, metadata: {}, content, buffers: [] };
    await this.#shell.send(encodeFrames(message, this.#signer) as (Uint8Array | string)[]);
  }

  async #reply(requestId: string, type: string, code: string): Promise<void> {
    for (;;) {
      const { header, parent, content } = decodeFrames(await this.#shell.receive(), this.#signer);
      if (parent.msg_id !== requestId || header.msg_type !== type) continue;
      if (content.status !== "ok")
        throw new Error(`bench: expected ${type} to ${code} to be ok, got an error.`);
      return;
    }
  }

  async #readIopub(): Promise<void> {
    for await (const frames of this.#iopub) {
      const { parent, content } = decodeFrames(frames, this.#signer);
      if (content.execution_state === "idle") this.#onIdle.get(String(parent.msg_id))?.();
    }
  }
}

async function within<Value>(
  limitMs: number,
  what: string,
  promise: Promise<Value>,
): Promise<Value> {
  const stop = new AbortController();
  const late = delay(limitMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`bench: expected ${what} within ${limitMs} ms, got nothing.`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}
