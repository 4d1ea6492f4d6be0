import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepository } from "../../scripts/build/repository.ts";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/** `vitrine lab` as a user starts it, on a folder of its own. */
export interface LabServer {
  /** The served folder. */
  readonly root: string;
  /** The printed address, with the token. */
  readonly url: string;
  /** Asks as Ctrl-C does and gives the exit code. */
  stop(): Promise<number | null>;
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(
      () => reject(new Error(`vitrine lab: no address after ${START_TIMEOUT_MS} ms\n${text}`)),
      START_TIMEOUT_MS,
    );
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const url = /http:\/\/\S+token=\S+/.exec(text)?.[0];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`vitrine lab: ended with ${code} before it printed an address\n${text}`));
    });
  });
}

/**
 * Starts the server with settings and workspaces of its own.
 * @param fill writes the notebooks into the fresh root
 */
export async function startLab(
  fill: (root: string) => void,
  open: string | null = null,
): Promise<LabServer> {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-lab-"));
  const root = mkdtempSync(join(folder, "root-"));
  fill(root);
  const home = mkdtempSync(join(folder, "home-"));
  const args = ["lab", "--root", root, "--port", "0", "--no-browser", ...(open ? [open] : [])];
  const child = spawn(process.execPath, [inRepository("bin/vitrine.mjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      HOME: home,
      USERPROFILE: home,
      APPDATA: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      JUPYTER_CONFIG_DIR: join(home, "jupyter"),
      JUPYTER_DATA_DIR: join(home, "jupyter"),
    },
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  try {
    const url = await printedUrl(child);
    return {
      root,
      url,
      async stop() {
        child.kill("SIGINT");
        const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
        const [code] = await exited;
        clearTimeout(timer);
        rmSync(folder, { recursive: true, force: true });
        return code;
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
