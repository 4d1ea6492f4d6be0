import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { WeightsError } from "../../base/errors.ts";
import { CheckpointFile } from "../checkpointFile.node.ts";
import { type GgufHeader, type GgufTensor, parseGguf } from "./parseGguf.ts";
import { parseShardName, shardName } from "./shardName.ts";

/** The files of one model, in order, and what their headers say together. */
export interface GgufFiles {
  readonly files: readonly CheckpointFile[];
  /** Of the first file; the others have none but their place. */
  readonly metadata: GgufHeader["metadata"];
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** sha256 (hex) over every file's size and header. */
  readonly hash: string;
}

/**
 * Opens a GGUF file, or all parts of a model of which it is one.
 * @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED, ERR_TENSOR_DTYPE
 */
export async function openGgufFiles(path: string): Promise<GgufFiles> {
  const opened: Part[] = [];
  const open = async (partPath: string) => {
    const file = await CheckpointFile.open(partPath);
    try {
      const part = { file, ...(await readHeader(file)) };
      opened.push(part);
      return part;
    } catch (error) {
      await file.close();
      throw error;
    }
  };
  try {
    const given = await open(path);
    const names = await partNames(path, given);
    const parts: Part[] = [];
    for (const name of names)
      parts.push(name === given.file.name ? given : await open(join(dirname(path), name)));
    const hash = createHash("sha256");
    for (const { file, bytes } of parts) hash.update(`${file.sizeBytes}\n`).update(bytes);
    return {
      files: parts.map(({ file }) => file),
      metadata: (parts[0] ?? given).header.metadata,
      tensors: parts.length > 1 ? joined(parts) : given.header.tensors,
      hash: hash.digest("hex"),
    };
  } catch (error) {
    await Promise.all(opened.map(({ file }) => file.close()));
    throw error;
  }
}

interface Part {
  readonly file: CheckpointFile;
  readonly header: GgufHeader;
  /** Of the header. */
  readonly bytes: Uint8Array;
}

/** Names of all parts of the model, in order; of its one file, where it is whole. */
async function partNames(path: string, { file, header }: Part): Promise<string[]> {
  const count = header.metadata.get("split.count") ?? 1;
  if (count === 1 || count === 0) return [file.name];
  const own = parseShardName(file.name);
  if (own === null || own.count !== count)
    throw new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${file.name}: expected a name that ends as -00001-of-${String(count).padStart(5, "0")}.gguf does, for split.count is ${count}, got another. Give the parts the names they were made with.`,
    );
  const names = Array.from({ length: own.count }, (_, i) => shardName({ ...own, number: i + 1 }));
  const there = new Set(await readdir(dirname(path)));
  const missing = names.filter((name) => !there.has(name));
  if (missing.length > 0)
    throw new WeightsError(
      "ERR_WEIGHTS_MISSING",
      `${missing[0]}: expected ${count} parts in ${dirname(path)}, got ${names.length - missing.length}; missing: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", ..." : ""}. Download the missing files.`,
    );
  return names;
}

/** Of most files the whole header, vocabularies of some 100,000 tokens and their merges among it. */
const FIRST_READ_BYTES = 2 ** 24;

/** Reads four times as much until the header is whole. */
async function readHeader(file: CheckpointFile): Promise<Omit<Part, "file">> {
  const { name, sizeBytes } = file;
  for (let wanted = FIRST_READ_BYTES; ; wanted *= 4) {
    const bytes = new Uint8Array(Math.min(wanted, sizeBytes));
    await file.read(bytes, 0);
    const header = parseGguf(bytes, sizeBytes, name);
    if (header !== null) return { header, bytes: bytes.subarray(0, header.headerBytes) };
  }
}

/** Every part has its own place, and all together have each tensor once. */
function joined(parts: readonly Part[]): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const [i, { file, header }] of parts.entries()) {
    for (const [key, expected] of [
      ["split.no", i],
      ["split.count", parts.length],
    ] as const)
      if (header.metadata.get(key) !== expected)
        throw new WeightsError(
          "ERR_WEIGHTS_FORMAT",
          `${file.name}: expected ${key} to be ${expected}, got ${header.metadata.get(key) ?? "nothing"}. Put parts of one model together, under the names they were made with.`,
        );
    for (const [name, tensor] of header.tensors) {
      const other = tensors.get(name);
      if (other !== undefined)
        throw new WeightsError(
          "ERR_WEIGHTS_FORMAT",
          `${file.name}: expected every tensor in one part, got ${name} in ${other.file} too. Put parts of one model together.`,
        );
      tensors.set(name, tensor);
    }
  }
  const count = parts[0]?.header.metadata.get("split.tensors.count") ?? tensors.size;
  if (count !== tensors.size)
    throw new WeightsError(
      "ERR_TENSOR_MISSING",
      `${parts[0]?.file.name}: expected ${count} tensors in all parts, as split.tensors.count says, got ${tensors.size}. Put parts of one model together.`,
    );
  return tensors;
}
