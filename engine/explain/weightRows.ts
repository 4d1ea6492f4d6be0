import type { KeptTensor } from "../backend/checkCall.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { isPacked } from "../backend/packed.ts";
import { rowSize } from "../backend/tensorSize.ts";
import { InputError } from "../base/errors.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { isExpertStack } from "../model/modelWeights.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** Numbers of packed weights that are widened on the device at once. */
const CHUNK_NUMBERS = 2 ** 22;

/**
 * Entries [start, start + count) of a weight's first axis as floats: those that the operators multiply by. Where only programs see packed ones,
 * the operators that read them widen them.
 * @throws InputError ERR_OPTION for packed experts that wait in host memory, and stacks of packed matrices where products are of integers
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
    if (backend.readWeight) return backend.readWeight(tensor, start * size, count * size);
    if (!isKeptPacked(tensor)) return backend.read(tensor, start * size, count * size);
    checkWidened(device, name, tensor);
    const all = new Float32Array(count * size);
    const scratch = new TensorGroup(device);
    try {
      if (tensor.shape.length === 2) await lookUp(device, scratch, tensor, start, all);
      else
        for (let i = 0; i < count; i++) {
          const entry = all.subarray(i * size, (i + 1) * size) as HostArray;
          await multiplyOut(device, scratch, tensor, start + i, entry);
        }
    } finally {
      scratch.freeAll();
    }
    return all;
  });
}

function isKeptPacked(tensor: DeviceTensor): boolean {
  const { weightDType } = tensor as Partial<KeptTensor>;
  return isPacked(weightDType ?? tensor.dtype);
}

/** @throws InputError ERR_OPTION */
function checkWidened({ backend }: ModelDevice, name: string, { shape }: DeviceTensor): void {
  if (backend.expertCache !== undefined && isExpertStack({ name, shape }))
    throw new InputError(
      "ERR_OPTION",
      `weight ${name}: expected experts on the device, got packed ones that wait in host memory. Load the model without expertCacheBytes.`,
    );
  if (shape.length > 2 && backend.info.arithmetic !== "exact")
    throw new InputError(
      "ERR_OPTION",
      `weight ${name}: expected exact products, got arithmetic ${backend.info.arithmetic}, which rounds what a packed stack is read by. Load the model with arithmetic: "exact".`,
    );
}

/** Rows of a packed matrix from `start` on, by the operator that looks up embeddings. */
async function lookUp(
  { backend }: ModelDevice,
  scratch: TensorGroup,
  table: DeviceTensor,
  start: number,
  into: HostArray,
): Promise<void> {
  const size = rowSize(table);
  const count = into.length / size;
  const chunk = Math.min(count, Math.max(1, Math.floor(CHUNK_NUMBERS / size)));
  const ids = scratch.alloc("rows", [chunk], "i32");
  const out = scratch.alloc("floats", [chunk, size], "f32");
  for (let first = 0; first < count; first += chunk) {
    const nTokens = Math.min(chunk, count - first);
    const rows = Int32Array.from({ length: nTokens }, (_, i) => start + first + i);
    backend.write(ids, 0, rows);
    backend.execute([{ kind: "embed", ids, table, out }], { nTokens, start: 0 });
    into.set(await backend.read(out, 0, nTokens * size), first * size);
  }
}

/** One matrix (N, K) of a packed stack, column by column: its products with the rows of the identity, which are exact. */
async function multiplyOut(
  { backend }: ModelDevice,
  scratch: TensorGroup,
  down: DeviceTensor,
  entry: number,
  into: HostArray,
): Promise<void> {
  const [, n = 0, k = 0] = down.shape;
  const chunk = Math.min(k, Math.max(1, Math.floor(CHUNK_NUMBERS / Math.max(n, k))));
  const h = scratch.alloc("identity", [chunk, 1, k], "f32");
  const indices = scratch.alloc("entry", [chunk, 1], "i32");
  const out = scratch.alloc("columns", [chunk, 1, n], "f32");
  backend.write(indices, 0, new Int32Array(chunk).fill(entry));
  for (let first = 0; first < k; first += chunk) {
    const nTokens = Math.min(chunk, k - first);
    const identity = new Float32Array(nTokens * k);
    for (let i = 0; i < nTokens; i++) identity[i * k + first + i] = 1;
    backend.write(h, 0, identity);
    backend.execute([{ kind: "expertsDown", h, indices, down, bias: null, out }], {
      nTokens,
      start: 0,
    });
    const columns = await backend.read(out, 0, nTokens * n);
    for (let i = 0; i < nTokens; i++)
      for (let row = 0; row < n; row++) into[row * k + first + i] = columns[i * n + row] as number;
  }
}
