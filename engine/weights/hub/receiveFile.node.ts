import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A file as the hub lists it. */
export interface ExpectedFile {
  readonly sizeBytes: number;
  /** Of the content: a large file's sha256, or git's sha1 of a small one. */
  readonly hash: { readonly algorithm: "sha256" | "git-sha1"; readonly hex: string };
}

export interface ReceiveOptions {
  /** The content from a byte on. */
  readonly stream: (from: number) => Promise<AsyncIterable<Uint8Array>>;
  /** Called with the bytes that are there: first those of an earlier try, then after each chunk. */
  readonly onBytes: (sizeBytes: number) => void;
  /** Whether another try may go better. */
  readonly isPassing: (error: unknown) => boolean;
  readonly signal: AbortSignal | undefined;
}

/** What arrived is not what the hub promised; nothing of it is kept. */
export class WrongContent extends Error {
  readonly expected: string;
  readonly got: string;

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
  }
}

/** Tries in a row that brought not one byte. */
const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 250;

/**
 * Receives a file whole, or keeps what arrived, so that a later call (of this process or another) goes on where this one
 * stopped. A connection that breaks is opened again.
 * @param path where the file is once it is whole and its hash is right
 * @throws WrongContent; otherwise what `stream` threw, and AbortError
 */
export async function receiveFile(
  path: string,
  expected: ExpectedFile,
  options: ReceiveOptions,
): Promise<void> {
  const incomplete = `${path}.${process.pid}.incomplete`;
  await adopt(path, incomplete);
  const hash = startHash(expected);
  const file = await open(incomplete, "a");
  try {
    const part = new Part(file, hash, await hashed(incomplete, hash));
    await receive(part, expected, options);
    const hex = hash.digest("hex");
    if (hex !== expected.hash.hex)
      throw new WrongContent(`content with ${expected.hash.algorithm} ${expected.hash.hex}`, hex);
    await file.datasync();
  } catch (error) {
    await file.close();
    if (error instanceof WrongContent) await rm(incomplete, { force: true });
    throw error;
  }
  await file.close();
  await rename(incomplete, path);
}

async function receive(
  part: Part,
  { sizeBytes }: ExpectedFile,
  { stream, onBytes, isPassing, signal }: ReceiveOptions,
): Promise<void> {
  onBytes(part.sizeBytes);
  for (let tries = 0; part.sizeBytes < sizeBytes; ) {
    const before = part.sizeBytes;
    try {
      for await (const chunk of await stream(part.sizeBytes)) {
        await part.append(chunk);
        onBytes(part.sizeBytes);
        if (part.sizeBytes > sizeBytes) break;
      }
      if (part.sizeBytes < sizeBytes) throw new Error("the connection ended early");
    } catch (error) {
      tries = part.sizeBytes > before ? 1 : tries + 1;
      if (signal?.aborted || !isPassing(error)) throw error;
      if (tries >= MOST_TRIES)
        throw part.sizeBytes === 0
          ? error
          : new Error(`${part.sizeBytes} of ${sizeBytes} bytes`, { cause: error });
      await sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), undefined, signal && { signal });
    }
  }
  if (part.sizeBytes > sizeBytes)
    throw new WrongContent(`${sizeBytes} bytes`, `${part.sizeBytes} or more`);
}

/** What has arrived of a file. */
class Part {
  readonly #file: FileHandle;
  readonly #hash: Hash;
  sizeBytes: number;

  constructor(file: FileHandle, hash: Hash, sizeBytes: number) {
    this.#file = file;
    this.#hash = hash;
    this.sizeBytes = sizeBytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#file.writeFile(chunk);
    this.#hash.update(chunk);
    this.sizeBytes += chunk.length;
  }
}

function startHash({ sizeBytes, hash }: ExpectedFile): Hash {
  return hash.algorithm === "sha256"
    ? createHash("sha256")
    : createHash("sha1").update(`blob ${sizeBytes}\0`);
}

/** Hashes what an earlier try left. @returns its size */
async function hashed(path: string, hash: Hash): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
  }
  return sizeBytes;
}

/** Takes over the largest part that a process left which is no more. The name of a part says whose it is. */
async function adopt(path: string, own: string): Promise<void> {
  if ((await stat(own).catch(() => null)) !== null) return;
  const folder = dirname(path);
  const orphans: { name: string; size: number }[] = [];
  for (const name of await readdir(folder)) {
    const pid = /^\.(\d+)\.incomplete$/.exec(name.slice(basename(path).length))?.[1];
    if (!name.startsWith(basename(path)) || pid === undefined || isAlive(Number(pid))) continue;
    const found = await stat(join(folder, name)).catch(() => null);
    if (found !== null) orphans.push({ name, size: found.size });
  }
  orphans.sort((a, b) => b.size - a.size);
  for (const [rank, { name }] of orphans.entries()) {
    if (rank === 0)
      await rename(join(folder, name), own).catch(() => undefined); // another process was quicker
    else await rm(join(folder, name), { force: true });
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
