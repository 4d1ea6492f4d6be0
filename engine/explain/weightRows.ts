import { isPacked } from "../backend/packed.ts";
import { rowSize } from "../backend/tensorSize.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** Numbers of packed weights that are widened on the device at once. */
const CHUNK_NUMBERS = 2 ** 22;

/**
 * Entries [start, start + count) of a weight's first axis as floats: those that the operators multiply by. Packed ones are widened by the
 * operator that looks rows up.
 * @returns f32 (reference: f64)
 */
export async function weightRows(
  device: ModelDevice,
  name: string,
  start: number,
  count: number,
): Promise<HostArray> {
  const { backend, weights, mutex } = device;
  const tensor = weights.get(name);
  if (tensor === undefined) throw new Error(`the model has no weight ${name}`);
  const size = rowSize(tensor);
  return mutex.run(async () => {
    device.assertLive();
    if (!isPacked(tensor.dtype)) return backend.read(tensor, start * size, count * size);
    const isReference = backend.info.name === "reference";
    const all = new (isReference ? Float64Array : Float32Array)(count * size);
    const chunk = Math.min(count, Math.max(1, Math.floor(CHUNK_NUMBERS / size)));
    const scratch = new TensorGroup(device);
    try {
      const ids = scratch.alloc("rows", [chunk], "i32");
      const out = scratch.alloc("floats", [chunk, size], "f32");
      for (let first = 0; first < count; first += chunk) {
        const nTokens = Math.min(chunk, count - first);
        const rows = Int32Array.from({ length: nTokens }, (_, i) => start + first + i);
        backend.write(ids, 0, rows);
        backend.execute([{ kind: "embed", ids, table: tensor, out }], { nTokens, start: 0 });
        all.set(await backend.read(out, 0, nTokens * size), first * size);
      }
    } finally {
      scratch.freeAll();
    }
    return all;
  });
}
