import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inRepository } from "./repository.ts";

const POLL_MS = 100;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Lets one build at a time write to dist/. The lock of a process that is gone is taken over. */
export const withBuildLock = <T>(work: () => Promise<T>): Promise<T> =>
  withLock("dist/.build.lock", work);

/**
 * Lets one process at a time do some work; the others wait. The lock of a process that is gone is taken over.
 * @param path of a file from the root of the repository, which is there while the work is done
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const file = inRepository(path);
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const owner = readOwner(file);
      if (owner !== null && !isAlive(owner)) rmSync(file, { force: true });
      else await sleep(POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
