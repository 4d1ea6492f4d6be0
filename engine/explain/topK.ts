import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { type Axis, axisOf, linesOf } from "../tensor/axis.ts";
import { Tensor, type TensorTopK } from "../tensor/tensor.ts";
import { checkTopCount, numbersAt, topPlaces } from "../tensor/topK.ts";
import { overRows } from "./overRows.ts";

/** How `model.topK` computes. */
export interface TopKOptions {
  /** Checked between two pieces of the numbers. */
  readonly signal?: AbortSignal;
}

const TOP_K_OPTIONS: OptionNames<TopKOptions> = { signal: true };

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
  const places = new Int32Array(lines.outer * lines.inner * k);
  await overRows(
    device,
    data,
    lines,
    {
      labels: ["topK.x", "topK.places"],
      width: k,
      into: places,
      onHost: (numbers, piece) => topPlaces(numbers, piece, k),
      onDevice:
        topKRows &&
        ((input, out) => {
          topKRows(input, out);
          return [];
        }),
    },
    signal,
  );
  const topShape = shape.with(at, k);
  return {
    values: new Tensor(numbersAt(data, lines, k, places), topShape, dims),
    indices: new Tensor(places, topShape, dims),
  };
}
