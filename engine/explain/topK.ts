import type { Backend } from "../backend/backend.ts";
import { breathe } from "../base/breathe.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { type Axis, axisOf, type Lines, linesOf } from "../tensor/axis.ts";
import type { HostArray } from "../tensor/hostArray.ts";
import { Tensor, type TensorTopK } from "../tensor/tensor.ts";
import { checkTopCount, numbersAt, topPlaces } from "../tensor/topK.ts";

/** How `model.topK` computes. */
export interface TopKOptions {
  /** Checked between two pieces of the numbers. */
  readonly signal?: AbortSignal;
}

const TOP_K_OPTIONS: OptionNames<TopKOptions> = { signal: true };

/** Numbers that are looked through, and on the device, at once. */
const CHUNK_NUMBERS = 2 ** 20;

/** Fewer than these are sooner looked through on the host than sent: `npm run bench:tensors`. */
const LEAST_NUMBERS = 2 ** 13;

type TopKRows = NonNullable<Backend["topKRows"]>;

/**
 * The k largest numbers along an axis and their places, those of `Tensor.topK` wherever they are found: on the backend where that has
 * `topKRows`, the axis is the last one, and the numbers are many and f32; else on the host.
 * @throws ShapeError ERR_SHAPE, ERR_RANGE; InputError ERR_OPTION; AbortedError ERR_ABORTED; BackendError
 */
export async function topK(
  device: ModelDevice,
  x: Tensor,
  k: number,
  axis: Axis,
  options: TopKOptions,
): Promise<TensorTopK> {
  device.assertLive();
  checkOptions("topK", options, TOP_K_OPTIONS);
  checkSignals("topK", options);
  const signal = withHostSignal(options.signal);
  const { data, shape, dims } = x;
  const at = axisOf("topK", dims, axis);
  const lines = linesOf(shape, at);
  checkTopCount("topK", k, lines);
  const topKRows = device.backend.topKRows?.bind(device.backend);
  const isThere =
    topKRows !== undefined &&
    lines.inner === 1 &&
    data instanceof Float32Array &&
    data.length >= LEAST_NUMBERS;
  const places = new Int32Array(lines.outer * lines.inner * k);
  const block = lines.size * lines.inner;
  const chunk = Math.max(1, Math.floor(roomOf(device, isThere) / block));
  for (let first = 0; first < lines.outer; first += chunk) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const piece = { ...lines, outer: Math.min(chunk, lines.outer - first) };
    const numbers = data.subarray(first * block, (first + piece.outer) * block);
    const found = isThere
      ? await onDevice(device, topKRows, numbers, piece, k)
      : topPlaces(numbers, piece, k);
    places.set(found, first * lines.inner * k);
    await breathe();
    device.assertLive();
  }
  const topShape = shape.with(at, k);
  return {
    values: new Tensor(numbersAt(data, lines, k, places), topShape, dims),
    indices: new Tensor(places, topShape, dims),
  };
}

function roomOf({ backend }: ModelDevice, isThere: boolean): number {
  if (!isThere) return CHUNK_NUMBERS;
  return Math.min(CHUNK_NUMBERS, Math.floor(backend.info.maxTensorBytes / 4));
}

function onDevice(
  device: ModelDevice,
  topKRows: TopKRows,
  numbers: HostArray,
  { outer, size }: Lines,
  k: number,
): Promise<HostArray> {
  const { backend, mutex } = device;
  return mutex.run(async () => {
    device.assertLive();
    const scratch = new TensorGroup(device);
    try {
      const input = scratch.alloc("topK.x", [outer, size], "f32");
      const out = scratch.alloc("topK.places", [outer, k], "i32");
      backend.write(input, 0, numbers);
      topKRows(input, out);
      return await backend.read(out);
    } finally {
      scratch.freeAll();
    }
  });
}
