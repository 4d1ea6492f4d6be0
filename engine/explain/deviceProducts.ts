import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Products } from "../dictionary/products.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { onDevice, type RunState } from "../look/runState.ts";

/** Bytes of a part of the encoder. */
const PART_BYTES = 2 ** 26;
/** Rows that are multiplied at once. */
const ROWS = 64;

interface EncoderPart {
  readonly first: number;
  readonly weight: DeviceTensor; // (features, dIn)
}

/**
 * Products with a dictionary's encoder by the operator that multiplies by the model's weights, in the backend's floats. The encoder lies on
 * the device until `dispose`, which waits for its turn among the model's steps.
 * @throws BackendError ERR_OUT_OF_MEMORY, ERR_DISPOSED
 */
export async function deviceProducts(state: RunState, dictionary: Dictionary) {
  const { device } = state;
  const { backend } = device;
  const { dIn, nFeatures } = dictionary;
  const size = Math.min(
    nFeatures,
    Math.max(1, Math.floor(Math.min(PART_BYTES, backend.info.maxTensorBytes) / (4 * dIn))),
  );
  const parts: EncoderPart[] = [];
  const scratch = new TensorGroup(device);
  // in turn with the model's steps: a buffer is not given back under a step that is being taken
  const dispose = (): Promise<void> =>
    device.mutex.run(async () => {
      for (const { weight } of parts.splice(0)) backend.free(weight);
      scratch.freeAll();
    });
  try {
    await onDevice(state, async () => {
      for (let first = 0; first < nFeatures; first += size) {
        const count = Math.min(size, nFeatures - first);
        const weight = backend.allocWeight([count, dIn], "f32", "dictionary.encoder");
        parts.push({ first, weight });
        const data = new Uint8Array(transposed(dictionary, first, count).buffer);
        backend.writeWeight(weight, 0, { dtype: "f32", data });
      }
      await backend.flush();
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  const products: Products = async (rows, count) => {
    const out = new Float64Array(count * nFeatures);
    for (let start = 0; start < count; start += ROWS) {
      const n = Math.min(ROWS, count - start);
      await onDevice(state, async () => {
        const x = scratch.alloc("rows", [n, dIn], "f32");
        backend.write(x, 0, rows.slice(start * dIn, (start + n) * dIn));
        for (const { first, weight } of parts) {
          const [width = 0] = weight.shape;
          const y = scratch.alloc("features", [n, width], "f32");
          backend.execute(
            [{ kind: "matmul", rows: "tokens", x, weight, bias: null, residual: null, out: y }],
            { nTokens: n, start: 0 },
          );
          const data = await backend.read(y);
          for (let row = 0; row < n; row++)
            out.set(
              data.subarray(row * width, (row + 1) * width),
              (start + row) * nFeatures + first,
            );
        }
      });
    }
    return out;
  };
  return { products, computedOn: backend.info.name, dispose };
}

/** Columns of the encoder as rows: (count, dIn). */
function transposed(
  { dIn, nFeatures, weights }: Dictionary,
  first: number,
  count: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count * dIn);
  for (let i = 0; i < dIn; i++)
    for (let f = 0; f < count; f++)
      out[f * dIn + i] = weights.encoder[i * nFeatures + first + f] as number;
  return out;
}
