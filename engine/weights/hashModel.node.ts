import { createHash, type Hash } from "node:crypto";
import { dirname, join } from "node:path";
import { checkOptions, checkSignals } from "../base/checkOptions.ts";
import { AbortedError } from "../base/errors.ts";
import { CheckpointFile } from "./checkpointFile.node.ts";
import { openGguf } from "./gguf/openGguf.node.ts";
import { openCheckpoint } from "./openCheckpoint.node.ts";
import { resolveModel } from "./resolveModel.node.ts";

const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * sha256 (hex) over what a model computes with: its configuration and every byte of its weight files. Two models that share it
 * give the same numbers, which `hash` of a record, made of headers alone, does not promise; but this reads the files whole.
 * @throws as `loadModel` where the model is not found or cannot be read; AbortedError ERR_ABORTED
 */
export async function hashModel(
  nameOrFolderOrId: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  checkOptions("hashModel", options, { signal: true });
  checkSignals("hashModel", options);
  const { signal } = options;
  const { name, location } = await resolveModel(nameOrFolderOrId, { signal });
  const gguf = location.endsWith(".gguf") ? await openGguf(location, name) : null;
  const checkpoint = gguf ?? (await openCheckpoint(location, name));
  await checkpoint.close();
  const folder = gguf ? dirname(location) : location;
  const withTensors = [...checkpoint.tensors.values()].map(({ file }) => file);
  const files = gguf?.files ?? [...new Set(withTensors)].sort();
  const hash = createHash("sha256");
  if (gguf === null) hash.update(`config.json\n${JSON.stringify(checkpoint.config)}\n`);
  for (const file of files) await addFile(hash, join(folder, file), signal);
  return hash.digest("hex");
}

async function addFile(hash: Hash, path: string, signal: AbortSignal | undefined): Promise<void> {
  const file = await CheckpointFile.open(path);
  try {
    hash.update(`${file.name} ${file.sizeBytes}\n`);
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.sizeBytes));
    for (let position = 0; position < file.sizeBytes; position += chunk.length) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const part = chunk.subarray(0, Math.min(chunk.length, file.sizeBytes - position));
      await file.read(part, position);
      hash.update(part);
    }
  } finally {
    await file.close();
  }
}
