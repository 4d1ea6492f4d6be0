import type { Backend } from "../backend/backend.ts";
import { breathe } from "../base/breathe.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { type Axis, axisOf, type Lines, linesOf } from "../tensor/axis.ts";
import { type FloatArray, floatsLike, type HostArray } from "../tensor/hostArray.ts";
import { softmaxLines } from "../tensor/softmax.ts";
import { Tensor } from "../tensor/tensor.ts";

/** How `model.softmax` and `model.logSoftmax` compute. */
export interface SoftmaxOptions {
  /** Checked between two pieces of the numbers. */
  readonly signal?: AbortSignal;
}

const SOFTMAX_OPTIONS: OptionNames<SoftmaxOptions> = { signal: true };

/** Numbers that are computed, and on the device, at once. */
const CHUNK_NUMBERS = 2 ** 20;

/** Fewer than these are sooner done on the host than sent: `npm run bench:tensors`. */
const LEAST_NUMBERS = 2 ** 13;

type SoftmaxRows = NonNullable<Backend["softmaxRows"]>;

/**
 * The softmax of a tensor along an axis, or its logarithm, with the bits of `Tensor.softmax` and `logSoftmax` wherever it runs: on the
 * backend where that has `softmaxRows`, the axis is the last one, and the numbers are many and f32; else on the host.
 * @returns f32 of f32, f64 of f64
 * @throws ShapeError ERR_SHAPE; InputError ERR_OPTION; AbortedError ERR_ABORTED; BackendError
 */
export async function softmax(
  device: ModelDevice,
  what: "softmax" | "logSoftmax",
  x: Tensor,
  axis: Axis,
  options: SoftmaxOptions,
): Promise<Tensor<FloatArray>> {
  device.assertLive();
  checkOptions(what, options, SOFTMAX_OPTIONS);
  checkSignals(what, options);
  const signal = withHostSignal(options.signal);
  const { data, shape, dims } = x;
  const lines = linesOf(shape, axisOf(what, dims, axis));
  const isLog = what === "logSoftmax";
  const softmaxRows = device.backend.softmaxRows?.bind(device.backend);
  const isThere =
    softmaxRows !== undefined &&
    lines.inner === 1 &&
    data instanceof Float32Array &&
    data.length >= LEAST_NUMBERS;
  const all = floatsLike(data, data.length);
  const block = lines.size * lines.inner;
  const chunk = Math.max(1, Math.floor(roomOf(device, isThere) / block));
  for (let first = 0; first < lines.outer; first += chunk) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const piece = { ...lines, outer: Math.min(chunk, lines.outer - first) };
    const numbers = data.subarray(first * block, (first + piece.outer) * block);
    const made = isThere
      ? await onDevice(device, softmaxRows, numbers, piece, isLog)
      : softmaxLines(numbers, piece, isLog);
    all.set(made, first * block);
    await breathe();
    device.assertLive();
  }
  return new Tensor(all, shape, dims);
}

function roomOf({ backend }: ModelDevice, isThere: boolean): number {
  if (!isThere) return CHUNK_NUMBERS;
  return Math.min(CHUNK_NUMBERS, Math.floor(backend.info.maxTensorBytes / 4));
}

async function onDevice(
  device: ModelDevice,
  softmaxRows: SoftmaxRows,
  numbers: HostArray,
  { outer, size }: Lines,
  isLog: boolean,
): Promise<HostArray> {
  const { backend, mutex } = device;
  const { made, none } = await mutex.run(async () => {
    device.assertLive();
    const scratch = new TensorGroup(device);
    try {
      const input = scratch.alloc("softmax.x", [outer, size], "f32");
      const out = scratch.alloc("softmax.out", [outer, size], "f32");
      backend.write(input, 0, numbers);
      const none = softmaxRows(input, out, isLog);
      return { made: await backend.read(out), none };
    } finally {
      scratch.freeAll();
    }
  });
  for (const row of none) {
    const [from, to] = [row * size, (row + 1) * size];
    const line = { outer: 1, size, inner: 1 };
    made.set(softmaxLines(numbers.subarray(from, to), line, isLog), from);
  }
  return made;
}
