import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { repositoryRoot } from "../../scripts/build/repository.ts";
import type { Ended, Loaded, Message, Round, Work } from "./protocol.ts";

/** How a contender is started. */
export interface Command {
  /** As it stands in the tables. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it opens, where that is not what the others do. */
  readonly model?: string;
}

/** A process that holds one model and generates when asked. */
export class Contender {
  readonly name: string;
  readonly loaded: Loaded;
  /** From the start of the process to the first token of the first round. */
  readonly coldSeconds: number;
  readonly #child: ChildProcess;
  readonly #messages: AsyncIterator<Message>;

  private constructor(
    name: string,
    loaded: Loaded,
    coldSeconds: number,
    child: ChildProcess,
    messages: AsyncIterator<Message>,
  ) {
    this.name = name;
    this.loaded = loaded;
    this.coldSeconds = coldSeconds;
    this.#child = child;
    this.#messages = messages;
  }

  /** Starts a contender and takes one round as a warm-up. @throws Error with what it printed, where it ends before */
  static async start(command: Command, work: Work): Promise<Contender> {
    const startedAt = performance.now();
    const own: Work = { ...work, model: command.model ?? work.model };
    const child = spawn(command.program, [...command.args, JSON.stringify(own)], {
      cwd: repositoryRoot,
      stdio: ["pipe", "ignore", "pipe", "pipe"],
      env: { ...process.env, ...command.env },
    });
    const printed: string[] = [];
    child.stderr?.on("data", (data) => printed.push(String(data)));
    const failed = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        const words = printed.join("").trim().split("\n").slice(-20).join("\n");
        reject(new Error(`${command.name}: ended with status ${code}. ${words}`));
      });
    });
    failed.catch(() => undefined); // whoever waits for a message hears of it
    const messages = read(child, failed);
    const loaded = (await messages.next()).value as Loaded;
    const loadedAt = performance.now();
    const warmUp = await ask(child, messages);
    const coldSeconds = (loadedAt - startedAt) / 1000 + warmUp.prefillSeconds;
    return new Contender(command.name, loaded, coldSeconds, child, messages);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  round(): Promise<Round> {
    return ask(this.#child, this.#messages);
  }

  /** @returns the most bytes that it held */
  async end(): Promise<number | null> {
    this.#child.stdin?.end();
    const { value } = await this.#messages.next();
    return (value as Ended).peakBytes;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

async function* read(child: ChildProcess, failed: Promise<never>): AsyncGenerator<Message> {
  const lines = createInterface({ input: child.stdio[3] as NodeJS.ReadableStream });
  const iterator = lines[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await Promise.race([iterator.next(), failed]);
    if (done) await failed;
    yield JSON.parse(value) as Message;
  }
}

async function ask(child: ChildProcess, messages: AsyncIterator<Message>): Promise<Round> {
  child.stdin?.write("round\n");
  return (await messages.next()).value as Round;
}
