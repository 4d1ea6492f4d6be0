import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionInfo } from "../../kernel/protocol/connection.ts";
import { newConnectionInfo } from "../../kernel/server/kernels/connectionFile.ts";
import { inRepository } from "../build/repository.ts";
import { Finding, HANG_MS, withinTime } from "./fuzzTarget.ts";

const LOG_CHARACTERS = 20_000;
/** What the server says of itself when something went wrong that no client can be blamed for. */
const COMPLAINT = /^error: |ended unexpectedly/m;

/** A process under attack, in a folder of its own. */
export interface Victim {
  readonly folder: string;
  readonly child: ChildProcess;
  /** The last that it wrote. */
  log(): string;
  /** @throws Finding if it has ended, complained of an error or of a kernel that died, or holds more memory than it may */
  requireHealthy(): Promise<void>;
  end(): Promise<void>;
}

async function startProcess(
  folder: string,
  args: readonly string[],
  mostMemoryBytes: number | null,
): Promise<Victim> {
  const program = args[0] ?? "";
  if (!existsSync(program) || !existsSync(inRepository("dist", "kernel.js")))
    throw new Error("fuzz: expected a build in dist/, got none. Run: npm run build");
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      XDG_DATA_HOME: folder,
      VITRINE_CONFIG_DIR: join(folder, "config"),
      JUPYTER_DATA_DIR: join(folder, "data"),
      JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
      JUPYTER_PATH: join(folder, "jupyter"),
    },
  });
  let text = "";
  let complaint: string | null = null;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(-LOG_CHARACTERS);
      if (complaint === null && COMPLAINT.test(text)) complaint = text;
    });
  const exited = once(child, "exit");
  return {
    folder,
    child,
    log: () => text,
    async requireHealthy() {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Finding(`the process ended with ${child.exitCode ?? child.signalCode}:\n${text}`);
      if (complaint !== null) throw new Finding(`the process complained:\n${complaint}`);
      if (mostMemoryBytes === null) return;
      const statm = await readFile(`/proc/${child.pid}/statm`, "utf8").catch(() => "0 0");
      const bytes = Number(statm.split(" ")[1]) * 4096;
      if (bytes > mostMemoryBytes)
        throw new Finding(`the process holds ${Math.round(bytes / 2 ** 20)} MiB`);
    },
    async end() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(timer);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "vitrine-fuzz-"));

/** A kernel as a server starts it. */
export async function startKernel(
  mostMemoryBytes: number | null,
): Promise<Victim & { readonly info: ConnectionInfo }> {
  const folder = await newFolder();
  const info = await newConnectionInfo();
  const file = join(folder, "connection.json");
  await writeFile(file, JSON.stringify(info));
  return {
    ...(await startProcess(folder, [inRepository("dist", "kernel.js"), file], mostMemoryBytes)),
    info,
  };
}

export interface ServerVictim extends Victim {
  readonly port: number;
  readonly token: string;
  /** Of another login: an attack may end it. */
  readonly cookie: string;
  /** The served folder. */
  readonly root: string;
  /** A request of somebody who has logged in: who guesses tokens from this address makes others with a token wait. */
  ask(path: string, method?: string, body?: string): Promise<Response>;
}

/** `vitrine lab`, with the kernelspec `sleeper` beside its own: a process that never answers and costs nothing. */
export async function startLab(mostMemoryBytes: number | null): Promise<ServerVictim> {
  const folder = await newFolder();
  const root = join(folder, "root");
  const spec = join(folder, "jupyter", "kernels", "sleeper");
  await mkdir(root);
  await mkdir(spec, { recursive: true });
  const argv = ["sleep", "600"];
  await writeFile(
    join(spec, "kernel.json"),
    JSON.stringify({ argv, display_name: "Sleeper", language: "none", interrupt_mode: "signal" }),
  );
  const options = ["--root", root, "--port", "0", "--no-browser", "--no-trash"];
  const lab = await startProcess(
    folder,
    [inRepository("bin/vitrine.mjs"), "lab", ...options],
    mostMemoryBytes,
  );
  const started = async (): Promise<URL> => {
    for (;;) {
      const address = /http:\S+token=\w+/.exec(lab.log())?.[0];
      if (address !== undefined) return new URL(address);
      await lab.requireHealthy();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const url = await withinTime("start", started(), HANG_MS);
  const token = url.searchParams.get("token") ?? "";
  const logIn = async (): Promise<string> => {
    const answer = await fetch(url, { redirect: "manual" });
    return `${answer.headers.get("set-cookie")?.split(";")[0] ?? ""}; _xsrf=fuzz`;
  };
  const [cookie, own] = [await logIn(), await logIn()];
  return {
    ...lab,
    root,
    port: Number(url.port),
    token,
    cookie,
    ask: (path, method = "GET", body) =>
      fetch(new URL(path, url), {
        method,
        headers: { Cookie: own, "X-XSRFToken": "fuzz" },
        ...(body === undefined ? {} : { body }),
      }),
  };
}
