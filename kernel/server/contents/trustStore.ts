import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { atomicSave, piecesOf } from "./atomicSave.ts";

const MAX_SIGNATURES = 20_000;

/**
 * Remembers which notebooks were saved here with outputs that this user made: only their outputs may show pictures and
 * run scripts when the notebook is opened again. A notebook from elsewhere is not trusted until its user says so.
 * Signatures are made with a secret of the user (`notebookTrust.ts`).
 */
export class TrustStore {
  readonly #folder: string;
  #state: Promise<{ secret: Buffer; signatures: Set<string> }> | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a notebook is signed with, in base64, and the signatures of those that are trusted. */
  async known(): Promise<{ secret: string; signatures: readonly string[] }> {
    const { secret, signatures } = await this.#load();
    return { secret: secret.toString("base64"), signatures: [...signatures] };
  }

  /** Remembers a notebook that may show all it has, by its text. */
  async trust(parts: readonly Uint8Array[]): Promise<void> {
    const { secret, signatures } = await this.#load();
    const hmac = createHmac("sha256", secret);
    for (const piece of piecesOf(parts)) {
      hmac.update(piece);
      await setImmediate(); // others have their turn
    }
    const signature = hmac.digest("hex");
    if (signatures.has(signature)) return;
    signatures.add(signature);
    for (const oldest of signatures) {
      if (signatures.size <= MAX_SIGNATURES) break;
      signatures.delete(oldest);
    }
    const write = () =>
      atomicSave(join(this.#folder, "signatures.txt"), `${[...signatures].join("\n")}\n`, {
        mode: 0o600,
      });
    this.#writing = this.#writing.then(write, write);
    await this.#writing;
  }

  #load(): Promise<{ secret: Buffer; signatures: Set<string> }> {
    this.#state ??= this.#read();
    this.#state.catch(() => {
      this.#state = null;
    });
    return this.#state;
  }

  async #read(): Promise<{ secret: Buffer; signatures: Set<string> }> {
    await mkdir(this.#folder, { recursive: true });
    const secretFile = join(this.#folder, "notebook_secret");
    let secret = await readOrNull(secretFile);
    if (secret === null) {
      secret = Buffer.from(randomBytes(32).toString("hex"));
      await atomicSave(secretFile, [secret], { mode: 0o600 });
    }
    const lines =
      (await readOrNull(join(this.#folder, "signatures.txt")))?.toString("utf8").split("\n") ?? [];
    return { secret, signatures: new Set(lines.filter((line) => line !== "")) };
  }
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
