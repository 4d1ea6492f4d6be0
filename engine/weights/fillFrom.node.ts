import type { FileHandle } from "node:fs/promises";
import { WeightsError } from "../base/errors.ts";

/** One call reads at most 2^31 - 1 bytes on some systems; larger tensors take several. */
const MAX_READ_BYTES = 2 ** 30;

/** Fills `target` with the bytes of an open file from `position` on. @throws WeightsError ERR_WEIGHTS_READ, ERR_WEIGHTS_TRUNCATED */
export async function fillFrom(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  name: string,
  fileSize: number,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, MAX_READ_BYTES);
    let bytesRead: number;
    try {
      ({ bytesRead } = await handle.read(target, done, length, position + done));
    } catch (cause) {
      throw new WeightsError(
        "ERR_WEIGHTS_READ",
        `${name}: expected to read ${length} bytes at ${position + done}, got "${cause instanceof Error ? cause.message : String(cause)}". Check the disk.`,
        { cause },
      );
    }
    if (bytesRead === 0)
      throw new WeightsError(
        "ERR_WEIGHTS_TRUNCATED",
        `${name}: expected ${fileSize} bytes, got only ${position + done}: the file shrank while it was read. Download it again.`,
      );
    done += bytesRead;
  }
}
