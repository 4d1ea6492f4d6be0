import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { inRepository } from "../../scripts/build/repository.ts";

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it wrote so far, to both of its outputs. */
  output(): string;
  /** Sends the signal and waits for the end. @returns exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts the built `vitrine serve` and waits until it listens. @throws Error with what it wrote where it ends before */
export function startVitrineServe(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const command = [inRepository("bin/vitrine.mjs"), "serve", ...args];
  return startProcess(process.execPath, command, env, /^ {4}(http:\/\/\S+)\/v1$/m);
}

/** @param address finds in the output where the server listens */
export async function startProcess(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  address: RegExp,
): Promise<ServerProcess> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const url = await new Promise<string>((resolve, reject) => {
    const take = (data: Buffer) => {
      text += data;
      const [, found] = address.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", reject);
    void ended.then((how) =>
      reject(new Error(`${command}: expected a server, got its end (${how}):\n${text}`)),
    );
  });
  return {
    ...{ url, child, output: () => text },
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
