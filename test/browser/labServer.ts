import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepository, repositoryRoot } from "../../scripts/build/repository.ts";
import { HANG_MS } from "../fixtures/until.ts";

/** A copy of which nothing is built yet is built first. */
const START_HANG_MS = 2 * HANG_MS;

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
      () => reject(new Error(`vitrine lab: no address after ${START_HANG_MS} ms\n${text}`)),
      START_HANG_MS,
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
export function startLab(
  fill: (root: string) => void,
  open: string | null = null,
  more: readonly string[] = [],
): Promise<LabServer> {
  const folder = temporaryFolder();
  const root = mkdtempSync(join(folder, "root-"));
  fill(root);
  const args = ["lab", "--root", root, ...ON_FREE_PORT, ...more, ...(open ? [open] : [])];
  return startIn(folder, root, process.execPath, [inRepository("bin/vitrine.mjs"), ...args]);
}

/** `npm start` in a copy of the files that git tracks or would track: nothing in it is built yet. */
export function startCleanCopy(): Promise<LabServer> {
  const folder = temporaryFolder();
  const copy = join(folder, "vitrine");
  const { stdout } = spawnSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], {
    cwd: repositoryRoot,
  });
  const tracked = stdout.toString().split("\0").filter(Boolean);
  for (const path of tracked) cpSync(inRepository(path), join(copy, path));
  symlinkSync(inRepository("node_modules"), join(copy, "node_modules"), "junction");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  return startIn(folder, join(copy, "notebooks"), npm, ["start", "--", ...ON_FREE_PORT], copy);
}

/** `npx vitrine lab` in a folder into which the package was installed. */
export function startInstalled(root: string, open: string): Promise<LabServer> {
  const npx = process.platform === "win32" ? "npx.cmd" : "npx";
  const args = ["--no", "vitrine", "lab", ...ON_FREE_PORT, open]; // --no: what is not installed is not fetched
  return startIn(temporaryFolder(), root, npx, args, root);
}

const ON_FREE_PORT = ["--port", "0", "--no-browser"];

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "vitrine-lab-"));

async function startIn(
  folder: string,
  root: string,
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<LabServer> {
  const home = mkdtempSync(join(folder, "home-"));
  const child = spawn(command, args, {
    cwd,
    detached: true, // a group of its own, which Ctrl-C in a terminal reaches whole
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
  const signal = (name: NodeJS.Signals): void => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, name);
  };
  const exited = once(child, "exit") as Promise<[number | null]>;
  try {
    const url = await printedUrl(child);
    return {
      root,
      url,
      async stop() {
        signal("SIGINT");
        const timer = setTimeout(() => signal("SIGKILL"), HANG_MS);
        const [code] = await exited;
        clearTimeout(timer);
        rmSync(folder, { recursive: true, force: true });
        return code;
      },
    };
  } catch (error) {
    signal("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
