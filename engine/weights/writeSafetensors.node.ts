import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AbortedError, InputError } from "../base/errors.ts";
import {
  encodeSafetensorsHeader,
  type TensorLayout,
  tensorBytes,
} from "./encodeSafetensorsHeader.ts";
import { SAFETENSORS_DTYPE_BYTES } from "./safetensors.ts";

/** A tensor to write; `data` gives its little-endian bytes when its turn comes, so that not all need be in memory. */
export interface TensorSource extends TensorLayout {
  readonly data: () => ArrayBufferView | Promise<ArrayBufferView>;
}

export interface WriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Writes tensors and string metadata into a safetensors file. The file appears whole or not at all: it is written beside its
 * place under another name and then renamed. A link is followed, and only a file is ever replaced. Tensors with wider elements come first, so that each starts aligned.
 * @throws InputError ERR_OUTPUT (the folder is missing or cannot be written), ERR_TENSOR_NAME, ERR_SHAPE
 * @throws AbortedError ERR_ABORTED
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  { metadata = {}, signal }: WriteOptions = {},
): Promise<void> {
  const ordered = tensors.toSorted(
    (a, b) => SAFETENSORS_DTYPE_BYTES[b.dtype] - SAFETENSORS_DTYPE_BYTES[a.dtype],
  );
  const header = encodeSafetensorsHeader(ordered, metadata);
  const target = await placeOf(path);
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  const handle = await open(temporary, "wx").catch((cause) => refuse(target, cause));
  try {
    try {
      await writeAll(handle, header, target);
      for (const tensor of ordered) {
        throwIfAborted(signal);
        await writeAll(handle, await bytesOf(tensor), target);
      }
      await handle.datasync().catch((cause) => refuse(target, cause));
    } finally {
      await handle.close();
    }
    throwIfAborted(signal);
    await rename(temporary, target).catch((cause) => refuse(target, cause));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function bytesOf(tensor: TensorSource): Promise<Uint8Array> {
  const view = await tensor.data();
  const expected = tensorBytes(tensor);
  if (view.byteLength !== expected)
    throw new InputError(
      "ERR_SHAPE",
      `writeSafetensors: expected ${expected} bytes for ${JSON.stringify(tensor.name)} (${tensor.dtype}, [${tensor.shape.join(", ")}]), got ${view.byteLength}. Pass data of that shape and dtype.`,
    );
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, target: string): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle
      .write(bytes, done, Math.min(bytes.length - done, 2 ** 30))
      .catch((cause) => refuse(target, cause));
    done += bytesWritten;
  }
}

/** Where the file goes: behind the link, if it is one. */
async function placeOf(path: string): Promise<string> {
  const given = resolve(path);
  const target = await realpath(given).catch(() => given);
  const existing = await stat(target).catch(() => null);
  if (existing === null || existing.isFile()) return target;
  throw new InputError(
    "ERR_OUTPUT",
    existing.isDirectory()
      ? `writeSafetensors: expected the name of a file, got the folder ${target}. Add a file name.`
      : `writeSafetensors: expected the name of a file, got ${target}, which is a device or a pipe. Name a file.`,
  );
}

function refuse(target: string, cause: NodeJS.ErrnoException): never {
  const reason =
    cause.code === "ENOENT"
      ? "no such folder"
      : cause.code === "ENOSPC"
        ? "no space left on the disk"
        : cause.code === "EACCES" || cause.code === "EPERM" || cause.code === "EROFS"
          ? "no permission to write there"
          : cause.message;
  throw new InputError(
    "ERR_OUTPUT",
    `writeSafetensors: expected a folder that can be written, got ${dirname(target)} (${reason}). Choose another path for ${target}.`,
    { cause },
  );
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}
