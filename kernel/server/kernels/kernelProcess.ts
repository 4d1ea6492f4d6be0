import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import type { ServerLog } from "../serverLog.ts";
import type { KernelSpec } from "./kernelSpec.ts";
import { pythonBeside } from "./pythonBeside.ts";

const TAIL_CHARACTERS = 4000;
const IS_WINDOWS = process.platform === "win32";

export interface KernelExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  readonly spec: KernelSpec;
  readonly connectionFile: string;
  readonly cwd: string;
  readonly sessionName: string;
  readonly log: ServerLog;
}

/** A kernel's process, in a process group of its own, so that Ctrl-C in the server's terminal does not reach it. */
export class KernelProcess {
  readonly exited: Promise<KernelExit>;
  readonly #child: ChildProcess;
  #tail = "";
  #hasExited = false;

  private constructor(child: ChildProcess, log: ServerLog) {
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#hasExited = true;
        resolve({ code, signal });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS);
        log("debug", `kernel ${child.pid}: ${text.trimEnd()}`);
      });
    }
  }

  /** @throws Error if the command cannot be started */
  static launch(options: LaunchOptions): Promise<KernelProcess> {
    const { spec, connectionFile, cwd, sessionName, log } = options;
    const replaced = spec.argv.map((part) =>
      part
        .replaceAll("{connection_file}", connectionFile)
        .replaceAll("{resource_dir}", spec.resourceDir ?? ""),
    );
    const [word, ...args] = replaced;
    if (word === undefined) {
      throw new Error(
        `start kernel ${spec.displayName}: expected a command in argv, got an empty list. Install the kernel again.`,
      );
    }
    const command = pythonBeside(word, spec.resourceDir);
    const child = spawn(command, args, {
      cwd,
      env: kernelEnvironment(spec, sessionName),
      stdio: ["ignore", "pipe", "pipe"],
      detached: !IS_WINDOWS,
      windowsHide: true,
    });
    return new Promise((resolve, reject) => {
      child.once("spawn", () => resolve(new KernelProcess(child, log)));
      child.once("error", (cause) => {
        const message = `start kernel ${spec.displayName}: expected to run ${command}, got ${cause.message}. Install the kernel again, or correct its kernel.json.`;
        reject(new Error(message, { cause }));
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last lines that the process wrote to its own stdout and stderr. */
  get tail(): string {
    return this.#tail.trim();
  }

  /** As Ctrl-C in a terminal: to the process and its children. Windows has no such signal. */
  interrupt(): void {
    if (IS_WINDOWS) {
      throw new Error(
        "interrupt kernel: expected interrupt_mode message on Windows, got signal. Set it in the kernelspec.",
      );
    }
    this.#signal("SIGINT");
  }

  terminate(): void {
    if (IS_WINDOWS) this.kill();
    else this.#signal("SIGTERM");
  }

  /** Ends the process and its children at once; safe to call while this process exits. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (!IS_WINDOWS) this.#signal("SIGKILL");
    else if (!this.#hasExited) {
      spawnSync("taskkill", ["/pid", `${pid}`, "/T", "/F"], { stdio: "ignore", windowsHide: true });
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ESRCH" && code !== "EPERM") throw error; // EPERM: only a zombie is left (macOS)
    }
  }
}

function kernelEnvironment(spec: KernelSpec, sessionName: string): NodeJS.ProcessEnv {
  const own = Object.entries(spec.env).map(([name, value]) => [
    name,
    value.replace(/\$\{(\w+)\}/g, (_, variable: string) => process.env[variable] ?? ""),
  ]);
  return {
    ...process.env,
    ...(Object.fromEntries(own) as Record<string, string>),
    JPY_SESSION_NAME: sessionName,
    VITRINE_OUTPUT_PACE: "off", // this server drops no output, so that none has to wait
    ...(IS_WINDOWS ? {} : { JPY_PARENT_PID: `${process.pid}` }),
  };
}
