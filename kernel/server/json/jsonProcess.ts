import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { HttpError } from "../httpError.ts";
import type { ServerLog } from "../serverLog.ts";
import {
  JSON_TASKS,
  type JsonTask,
  type Outcome,
  type Question,
  type TaskInput,
  type TaskOutput,
} from "./jsonTasks.ts";
import { readPackets, type WithBytes, writePacket } from "./packets.ts";

/** JSON up to this long is worked on where it is asked for: at most a few hundredths of a second. */
export const HERE_BYTES = 256 * 2 ** 10;
/** How long a process that has nothing to do waits for more. */
const IDLE_MS = 10_000;
/** Of what a process said before it ended. */
const TAIL_CHARACTERS = 2000;

export interface JsonProcessOptions {
  /** What it runs: `json-process.js` of the build. */
  readonly script: string;
  /** For Node, before the script. */
  readonly flags?: readonly string[];
  /** Told where each task is done, so that a test can see that no long one is done in this process. */
  readonly onTask?: (task: JsonTask, sizeBytes: number, isHere: boolean) => void;
}

export interface TaskOptions {
  /** Of the JSON. */
  readonly sizeBytes: number;
  /** What the JSON is about, for an error. */
  readonly about: string;
  /** A task that waits when it is aborted is not begun. */
  readonly signal?: AbortSignal | undefined;
}

interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly answers: AsyncGenerator<WithBytes>;
  readonly exited: Promise<unknown>;
  tail: string;
}

/**
 * Works on JSON: on short texts at once, on long ones in a process of its own, one after the other, while this one serves
 * others. A process and not a thread, since JSON that does not fit into the memory of a thread ends all threads: V8 cannot
 * stop in the middle of `JSON.stringify`. It starts with the first long text and ends when none comes any more.
 */
export class JsonProcess {
  readonly #options: JsonProcessOptions;
  readonly #log: ServerLog;
  #child: Child | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: JsonProcessOptions, log: ServerLog) {
    this.#options = options;
    this.#log = log;
  }

  /** @param input asked for when its turn comes, so that what waits is not in memory yet */
  async run<T extends JsonTask>(
    task: T,
    { sizeBytes, about, signal }: TaskOptions,
    input: () => TaskInput<T> | Promise<TaskInput<T>>,
  ): Promise<TaskOutput<T>> {
    const isHere = sizeBytes <= HERE_BYTES;
    this.#options.onTask?.(task, sizeBytes, isHere);
    if (isHere) {
      const work = JSON_TASKS[task] as (input: TaskInput<T>) => TaskOutput<T>;
      return work(await input());
    }
    return await this.#inTurn(async () => {
      if (signal?.aborted === true) throw clientIsGone();
      return (await this.#ask({ task, input: await input() }, about)) as TaskOutput<T>;
    });
  }

  /** Of the process, while there is one. */
  get pid(): number | undefined {
    return this.#child?.process.pid;
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  async #inTurn<R>(action: () => Promise<R>): Promise<R> {
    this.#waiting++;
    clearTimeout(this.#idle);
    const done = this.#last.then(action);
    this.#last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      if (--this.#waiting === 0) this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    }
  }

  async #ask({ task, input }: Question & { input: WithBytes }, about: string): Promise<WithBytes> {
    if (this.#isClosed) throw new Error(`${about}: expected a running server, got one that ends.`);
    this.#child ??= this.#start();
    const child = this.#child;
    const { bytes, ...rest } = input;
    writePacket(child.process.stdin, { task, input: rest, bytes } as Question & WithBytes);
    const reply = await child.answers.next();
    if (reply.done === true) {
      this.#child = null;
      await child.exited;
      throw this.#hasDied(child, about);
    }
    const { bytes: done, ...outcome } = reply.value as Outcome & WithBytes;
    if ("output" in outcome) return { ...outcome.output, bytes: done };
    if ("failure" in outcome) throw Object.assign(new Error(outcome.failure), outcome);
    const { status, message, reason } = outcome.refusal;
    throw new HttpError(status, message, reason === null ? {} : { reason });
  }

  #start(): Child {
    const { script, flags = [] } = this.#options;
    const child = spawn(process.execPath, [...flags, script], { stdio: ["pipe", "pipe", "pipe"] });
    const started: Child = {
      process: child,
      answers: readPackets(child.stdout),
      exited: Promise.race([once(child, "exit"), once(child, "error")]).catch(() => undefined),
      tail: "",
    };
    child.stdin.on("error", () => undefined); // it has died, which its answers tell
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      started.tail = `${started.tail}${text}`.slice(-TAIL_CHARACTERS);
    });
    return started;
  }

  #hasDied({ process: child, tail }: Child, about: string): HttpError {
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    this.#log("warn", `${about}: the process that worked on its JSON ended with ${how}: ${tail}`);
    return new HttpError(
      413,
      `${about}: expected JSON that fits into memory, got more, at which the process that worked on it ended (${how}). Split the document, or clear its large outputs.`,
      { reason: "too large" },
    );
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#child?.process.kill("SIGKILL");
    this.#child = null;
  }
}

/** As when it goes away while it speaks: nobody reads the answer. */
function clientIsGone(): Error {
  return Object.assign(new Error("the client went away"), { code: "ECONNRESET" });
}
