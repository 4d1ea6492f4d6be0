import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inTurns } from "../turns.ts";
import { atomicSave } from "./atomicSave.ts";
import { isObject, type JsonObject } from "./jsonObject.ts";
import { type Notebook, notebookPieces } from "./notebookFormat.ts";

const MAX_SIGNATURES = 20_000;

/**
 * Remembers which notebooks were saved here with outputs that this user made: only their outputs may show pictures and
 * run scripts when the notebook is opened again. A notebook from elsewhere is not trusted until its user says so.
 * Signatures are HMAC-SHA256 over the notebook's text under a secret of the user.
 */
export class TrustStore {
  readonly #folder: string;
  #state: Promise<{ secret: Buffer; signatures: Set<string> }> | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Marks every code cell with what is known of the notebook. */
  async mark(notebook: Notebook): Promise<Notebook> {
    const { secret, signatures } = await this.#load();
    const trusted = signatures.has(await sign(secret, notebook));
    return { ...notebook, cells: notebook.cells.map((cell) => withTrust(cell, trusted)) };
  }

  /** Takes the marks off before saving, and remembers the notebook if its outputs are trusted. */
  async unmark(notebook: Notebook): Promise<Notebook> {
    const trusted = notebook.cells.every(isTrusted);
    const plain = { ...notebook, cells: notebook.cells.map((cell) => withTrust(cell, null)) };
    if (trusted) await this.trust(plain);
    return plain;
  }

  async trust(notebook: Notebook): Promise<void> {
    const { secret, signatures } = await this.#load();
    const signature = await sign(secret, notebook);
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
      await atomicSave(secretFile, secret, { mode: 0o600 });
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

async function sign(secret: Buffer, notebook: Notebook): Promise<string> {
  const plain = { ...notebook, cells: notebook.cells.map((cell) => withTrust(cell, null)) };
  const hmac = createHmac("sha256", secret);
  for await (const bytes of inTurns(notebookPieces(plain))) hmac.update(bytes);
  return hmac.digest("hex");
}

function withTrust(cell: JsonObject, trusted: boolean | null): JsonObject {
  if (cell.cell_type !== "code") return cell;
  const { trusted: _, ...metadata } = isObject(cell.metadata) ? cell.metadata : {};
  return { ...cell, metadata: trusted === null ? metadata : { ...metadata, trusted } };
}

/** A cell is trusted if its client said so, or if it shows nothing that could run. */
function isTrusted(cell: JsonObject): boolean {
  if (cell.cell_type !== "code") return true;
  if (isObject(cell.metadata) && cell.metadata.trusted === true) return true;
  const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
  return outputs.every((output: unknown) => !isObject(output) || !("data" in output));
}
