import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { concatenate } from "../tensor/concatenate.ts";
import type { HostArray } from "../tensor/tensor.ts";

/**
 * Rows of `size` elements, ascending; neighbours are read together. Waits for what was enqueued even where nothing is to
 * be read.
 */
export async function readRows(
  backend: Backend,
  tensor: DeviceTensor,
  rows: readonly number[],
  size: number,
): Promise<HostArray> {
  const reads: Promise<HostArray>[] = [];
  for (let i = 0; i < rows.length; ) {
    const from = rows[i] as number;
    let count = 1;
    while (rows[i + count] === from + count) count += 1;
    reads.push(backend.read(tensor, from * size, count * size));
    i += count;
  }
  if (reads.length === 0) await backend.flush();
  return concatenate(await Promise.all(reads));
}
