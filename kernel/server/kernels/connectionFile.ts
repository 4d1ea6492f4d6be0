import { randomBytes, randomInt } from "node:crypto";
import { unlinkSync } from "node:fs";
import { readdir, unlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { ConnectionInfo } from "../../protocol/connection.ts";
import { makeFolder } from "../makeFolder.ts";

const FILE_NAME = /^kernel-v(\d+)-.+\.json$/;

/**
 * Below the ports that systems give to outgoing connections (from 32,768 on Linux, from 49,152 elsewhere): one of those
 * may be taken by any connection between our look at it and the start of the kernel that is to listen there.
 */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_767;
const MOST_TRIES = 1000;

/** Finds ports of 127.0.0.1 that are free at this moment, all different. @throws Error if there are none left */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    for (let left = MOST_TRIES; ports.length < count; left--) {
      if (left === 0)
        throw new Error(
          `start a kernel: expected ${count} free ports from ${FIRST_PORT} to ${LAST_PORT}, got ${ports.length}. End programs that listen there.`,
        );
      const port = randomInt(FIRST_PORT, LAST_PORT + 1);
      const server = await listenOn(port);
      if (server === null) continue;
      servers.push(server);
      ports.push(port);
    }
    return ports;
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** @returns null if the port is taken, or not for this user */
function listenOn(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(null);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

export async function newConnectionInfo(): Promise<ConnectionInfo> {
  const [shell = 0, control = 0, iopub = 0, stdin = 0, hb = 0] = await freePorts(5);
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    shell_port: shell,
    control_port: control,
    iopub_port: iopub,
    stdin_port: stdin,
    hb_port: hb,
    key: randomBytes(32).toString("hex"),
    signature_scheme: "hmac-sha256",
  };
}

/** Writes the file that tells a kernel where to listen; it holds the signing key, so only its user may read it. */
export async function writeConnectionFile(
  folder: string,
  kernelId: string,
  kernelName: string,
  info: ConnectionInfo,
): Promise<string> {
  await makeFolder(folder, 0o700);
  const path = join(folder, `kernel-v${process.pid}-${kernelId}.json`);
  const text = `${JSON.stringify({ ...info, kernel_name: kernelName }, null, 2)}\n`;
  await unlink(path).catch(() => undefined);
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
  return path;
}

export function removeConnectionFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Removes the files of servers that were killed before they could. */
export async function sweepConnectionFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = FILE_NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await unlink(join(folder, name)).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
