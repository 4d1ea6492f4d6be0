import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { rowSize } from "../backend/tensorSize.ts";
import { breathe } from "../base/breathe.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, ShapeError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { Tensor } from "../tensor/tensor.ts";
import { deviceWeight } from "./deviceWeight.ts";
import { namedWeight } from "./readWeight.ts";
import { rowsOnDevice } from "./rowsOnDevice.ts";

/** How `model.linear` multiplies. */
export interface LinearOptions {
  /** Checked between two pieces of the rows. */
  readonly signal?: AbortSignal;
}

const LINEAR_OPTIONS: OptionNames<LinearOptions> = { signal: true };

/** Numbers of a product that are on the device at once. */
const CHUNK_NUMBERS = 2 ** 22;

/**
 * Rows times the transpose of a matrix, by the backend's own operator.
 * @param x (..., K)
 * @param by a name of the plan's weights or a tensor, (N, K)
 * @returns (..., N) f32 (reference: f64)
 * @throws ShapeError ERR_SHAPE, ERR_DTYPE; InputError ERR_WEIGHT_UNKNOWN, ERR_OPTION; AbortedError ERR_ABORTED; BackendError
 */
export async function linear(
  device: ModelDevice,
  x: Tensor,
  by: string | Tensor,
  options: LinearOptions,
): Promise<Tensor> {
  checkOptions("linear", options, LINEAR_OPTIONS);
  checkSignals("linear", options);
  const signal = withHostSignal(options.signal);
  const given = typeof by === "string" ? namedWeight(device, "linear", by) : by;
  checkFit(x, given, typeof by === "string" ? `the weight ${by}` : "the tensor");
  const { mutex, backend } = device;
  if (typeof by === "string") return multiplied(device, x, given as DeviceTensor, signal);
  const weight = await mutex.run(async () => {
    device.assertLive();
    return deviceWeight(backend, "linear.weight", by);
  });
  try {
    return await multiplied(device, x, weight, signal);
  } finally {
    await mutex.run(async () => backend.free(weight));
  }
}

async function multiplied(
  device: ModelDevice,
  x: Tensor,
  weight: DeviceTensor,
  signal: AbortSignal | undefined,
): Promise<Tensor> {
  const { backend } = device;
  const [n, k] = [weight.shape[0] as number, rowSize(weight)];
  const nRows = x.data.length / k;
  const room = Math.min(CHUNK_NUMBERS, Math.floor(backend.info.maxTensorBytes / 4));
  const chunk = Math.max(1, Math.min(nRows, Math.floor(room / Math.max(n, k))));
  const isWide = backend.info.name === "reference";
  const all = isWide ? new Float64Array(nRows * n) : new Float32Array(nRows * n);
  for (let first = 0; first < nRows; first += chunk) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const nTokens = Math.min(chunk, nRows - first);
    const rows = x.data.subarray(first * k, (first + nTokens) * k);
    const { made } = await rowsOnDevice(device, rows, nTokens, {
      x: ["linear.x", k],
      out: ["linear.out", n, "f32"],
      run: (input, out) =>
        backend.execute(
          [{ kind: "matmul", rows: "tokens", x: input, weight, bias: null, residual: null, out }],
          { nTokens, start: 0 },
        ),
    });
    all.set(made, first * n);
    await breathe();
  }
  return new Tensor(all, x.shape.with(-1, n), x.dims.with(-1, "N"));
}

/** @throws ShapeError ERR_SHAPE, ERR_DTYPE */
function checkFit(x: Tensor, by: Pick<Tensor, "shape">, what: string): void {
  if (x.data instanceof Int32Array)
    throw new ShapeError(
      "ERR_DTYPE",
      "linear: expected floats, got whole numbers (i32). Make a tensor of Float32Array.from(data).",
    );
  const [n, k] = by.shape;
  if (by.shape.length === 2 && x.shape.at(-1) === k && x.data.length > 0) return;
  throw new ShapeError(
    "ERR_SHAPE",
    `linear: expected rows (..., K) and a matrix (N, K), got (${x.shape.join(", ")}) and ${what}, (${by.shape.join(", ")}). ${by.shape.length === 2 && x.shape.at(-1) === n ? "Transpose the matrix: outputs stand before inputs." : "Pass rows as long as those of the matrix."}`,
  );
}
