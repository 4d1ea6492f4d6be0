import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { HostArray } from "../tensor/hostArray.ts";

/** An operator from rows of a width to rows of another, and the labels that messages have for its tensors. */
interface RowsOperator<Said> {
  readonly x: readonly [label: string, width: number];
  readonly out: readonly [label: string, width: number, dtype: "f32" | "i32"];
  /** @param x (rows, width) f32 */
  run(x: DeviceTensor, out: DeviceTensor): Said;
}

/**
 * Rows of the host through an operator, in turn with the model's steps. Nothing of them stays on the device.
 * @param rows (nRows, width of x)
 * @returns made: (nRows, width of out); said: what the operator returned
 * @throws BackendError
 */
export function rowsOnDevice<Said>(
  device: ModelDevice,
  rows: HostArray,
  nRows: number,
  { x, out, run }: RowsOperator<Said>,
): Promise<{ readonly made: HostArray; readonly said: Said }> {
  const { backend, mutex } = device;
  return mutex.run(async () => {
    device.assertLive();
    const scratch = new TensorGroup(device);
    try {
      const input = scratch.alloc(x[0], [nRows, x[1]], "f32");
      const output = scratch.alloc(out[0], [nRows, out[1]], out[2]);
      backend.write(input, 0, rows);
      const said = run(input, output);
      return { made: await backend.read(output), said };
    } finally {
      scratch.freeAll();
    }
  });
}
