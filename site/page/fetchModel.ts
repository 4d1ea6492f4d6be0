import { WeightsError } from "../../engine/base/errors.ts";
import {
  type FetchedModel,
  MANIFEST,
  MODEL_FILES,
  type ModelFile,
  type ModelManifest,
} from "../modelFiles.ts";

/** So long without a byte is no slow network any more. */
const PATIENCE_MS = 30_000;

/** One download: what it takes is counted, and where one file fails, the others end. */
interface Download {
  readonly folder: string;
  readonly took: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Fetches a model that a site carries: its manifest, then all files at once. Where one of them fails, the others are ended.
 * @param folder address of the folder, with a slash at its end
 * @param onProgress told of the bytes that are there, of how many; not after a failure
 * @throws WeightsError ERR_WEIGHTS_MISSING where a file is not there or breaks off, ERR_WEIGHTS_FORMAT where the manifest is none,
 * ERR_WEIGHTS_TRUNCATED where a file has another length than the manifest says, ERR_WEIGHTS_STALLED where nothing came for half a minute
 */
export async function fetchModel(
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<FetchedModel> {
  const ending = new AbortController();
  const { signal } = ending;
  const missingYet = new Set<string>([MANIFEST]);
  const giveUp = (): void => ending.abort(stalled(folder, [...missingYet]));
  let patience = setTimeout(giveUp, PATIENCE_MS);
  try {
    const manifest = await fetchManifest(folder, signal);
    missingYet.delete(MANIFEST);
    for (const file of MODEL_FILES) missingYet.add(file);
    const total = MODEL_FILES.reduce((sum, file) => sum + manifest.files[file], 0);
    let done = 0;
    const took = (bytes: number): void => {
      if (signal.aborted) return;
      clearTimeout(patience);
      patience = setTimeout(giveUp, PATIENCE_MS);
      done += bytes;
      onProgress(done, total);
    };
    took(0);
    const fetched = await Promise.all(
      MODEL_FILES.map(async (file) => {
        const bytes = await fetchFile({ folder, took, signal }, file, manifest.files[file]);
        missingYet.delete(file);
        return [file, bytes] as const;
      }),
    );
    const files = Object.fromEntries(fetched) as Record<ModelFile, Uint8Array<ArrayBuffer>>;
    return { location: folder, manifest, files };
  } catch (error) {
    ending.abort();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}

/** A host may answer with a page where the file is missing. */
async function fetchManifest(folder: string, signal: AbortSignal): Promise<ModelManifest> {
  const response = await ask(folder, MANIFEST, signal);
  const text = await response.text().catch((cause: unknown) => {
    signal.throwIfAborted();
    throw missing(folder, MANIFEST, String(cause));
  });
  const manifest = parsed(text);
  if (MODEL_FILES.every((file) => Number.isSafeInteger(manifest?.files?.[file])))
    return manifest as ModelManifest;
  throw new WeightsError(
    "ERR_WEIGHTS_FORMAT",
    `${MANIFEST}: expected JSON with the bytes of ${MODEL_FILES.join(", ")}, got ${JSON.stringify(text.slice(0, 40))}. Look whether the site was copied whole; if it was, build it again.`,
  );
}

function parsed(text: string): Partial<ModelManifest> | null {
  try {
    return JSON.parse(text) as Partial<ModelManifest> | null;
  } catch {
    return null;
  }
}

async function fetchFile(
  { folder, took, signal }: Download,
  file: ModelFile,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = (await ask(folder, file, signal)).body?.getReader();
  const next = () =>
    reader?.read().catch((cause: unknown) => {
      signal.throwIfAborted();
      throw missing(folder, file, String(cause));
    });
  const bytes = new Uint8Array(size);
  let length = 0;
  for (let part = await next(); part && !part.done; part = await next()) {
    if (length + part.value.length <= size) bytes.set(part.value, length);
    length += part.value.length;
    took(part.value.length);
  }
  if (length === size) return bytes;
  throw new WeightsError(
    "ERR_WEIGHTS_TRUNCATED",
    `${file}: expected ${size} bytes, as ${MANIFEST} says, got ${length}. Reload the page; if that does not help, the site was copied in part: build it again.`,
  );
}

async function ask(folder: string, file: string, signal: AbortSignal): Promise<Response> {
  const address = new URL(file, folder).href;
  const response = await fetch(address, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    return String(cause);
  });
  if (typeof response !== "string" && response.ok) return response;
  throw missing(
    folder,
    file,
    typeof response === "string" ? response : `status ${response.status}`,
  );
}

const missing = (folder: string, file: string, got: string): WeightsError =>
  new WeightsError(
    "ERR_WEIGHTS_MISSING",
    `${file}: expected the file at ${new URL(file, folder).href}, got ${got}. Look at the network, and whether the site was copied whole.`,
  );

/** @param files those that are not whole yet */
const stalled = (folder: string, files: readonly string[]): WeightsError =>
  new WeightsError(
    "ERR_WEIGHTS_STALLED",
    `${files.join(", ")}: expected bytes from ${new URL(folder).origin}, got none for ${PATIENCE_MS / 1000} s. Look at the network, and try again.`,
  );
