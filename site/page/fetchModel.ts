import { WeightsError } from "../../engine/base/errors.ts";
import {
  type FetchedModel,
  MANIFEST,
  MODEL_FILES,
  type ModelFile,
  type ModelManifest,
} from "../modelFiles.ts";

/**
 * Fetches a model that a site carries: its manifest, then all files at once.
 * @param folder address of the folder, with a slash at its end
 * @param onProgress told of the bytes that are there, of how many
 * @throws WeightsError ERR_WEIGHTS_MISSING where a file is not there, ERR_WEIGHTS_TRUNCATED where it has another length than the
 * manifest says
 */
export async function fetchModel(
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<FetchedModel> {
  const manifest = (await (await ask(folder, MANIFEST)).json()) as ModelManifest;
  const total = MODEL_FILES.reduce((sum, file) => sum + manifest.files[file], 0);
  let done = 0;
  const took = (bytes: number): void => {
    done += bytes;
    onProgress(done, total);
  };
  took(0);
  const fetched = await Promise.all(
    MODEL_FILES.map(async (file) => {
      const bytes = await fetchFile(folder, file, manifest.files[file], took);
      return [file, bytes] as const;
    }),
  );
  const files = Object.fromEntries(fetched) as Record<ModelFile, Uint8Array<ArrayBuffer>>;
  return { location: folder, manifest, files };
}

async function fetchFile(
  folder: string,
  file: ModelFile,
  size: number,
  took: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = (await ask(folder, file)).body?.getReader();
  const bytes = new Uint8Array(size);
  let length = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
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

async function ask(folder: string, file: string): Promise<Response> {
  const address = new URL(file, folder).href;
  const response = await fetch(address).catch((cause: unknown) => String(cause));
  if (typeof response !== "string" && response.ok) return response;
  const got = typeof response === "string" ? response : `status ${response.status}`;
  throw new WeightsError(
    "ERR_WEIGHTS_MISSING",
    `${file}: expected the file at ${address}, got ${got}. Look at the network, and whether the site was copied whole.`,
  );
}
