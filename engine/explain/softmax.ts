import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { type Axis, axisOf, linesOf } from "../tensor/axis.ts";
import { type FloatArray, floatsLike } from "../tensor/hostArray.ts";
import { softmaxLines } from "../tensor/softmax.ts";
import { Tensor } from "../tensor/tensor.ts";
import { overRows } from "./overRows.ts";

/** How `model.softmax` and `model.logSoftmax` compute. */
export interface SoftmaxOptions {
  /** Checked between two pieces of the numbers. */
  readonly signal?: AbortSignal;
}

const SOFTMAX_OPTIONS: OptionNames<SoftmaxOptions> = { signal: true };

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
  const all = floatsLike(data, data.length);
  await overRows(
    device,
    data,
    lines,
    {
      labels: ["softmax.x", "softmax.out"],
      width: lines.size,
      into: all,
      onHost: (numbers, piece) => softmaxLines(numbers, piece, isLog),
      onDevice: softmaxRows && ((input, out) => softmaxRows(input, out, isLog)),
    },
    signal,
  );
  return new Tensor(all, shape, dims);
}
