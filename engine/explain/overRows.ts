import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import type { Lines } from "../tensor/axis.ts";
import type { HostArray } from "../tensor/hostArray.ts";
import { rowsOnDevice } from "./rowsOnDevice.ts";

/** Numbers that are worked on, and on the device, at once. */
const CHUNK_NUMBERS = 2 ** 20;

/** Fewer than these are sooner done on the host than sent: `npm run bench:tensors`. */
const LEAST_NUMBERS = 2 ** 13;

/** What is done to every line of an axis by itself, with the same results on the host and on the device. */
interface LineWork {
  /** Labels of the device's tensors, for messages. */
  readonly labels: readonly [x: string, out: string];
  /** Numbers that a line becomes. */
  readonly width: number;
  /** Where they are put, in the order of `onHost`. */
  readonly into: HostArray;
  onHost(numbers: HostArray, lines: Lines): HostArray;
  /**
   * Undefined where the backend does not do it.
   * @param x (rows, N) f32
   * @param out (rows, width) i32 where `into` is, else f32
   * @returns rows that it leaves to the host
   */
  readonly onDevice: ((x: DeviceTensor, out: DeviceTensor) => readonly number[]) | undefined;
}

/**
 * Works along an axis, some lines at a time: on the device where it can, the axis is the last one, and the numbers are many and f32;
 * else on the host.
 * @throws AbortedError ERR_ABORTED; BackendError
 */
export async function overRows(
  device: ModelDevice,
  data: HostArray,
  lines: Lines,
  { labels: [x, out], width, into, onHost, onDevice }: LineWork,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { size, inner } = lines;
  const run = isForDevice(data, lines) ? onDevice : undefined;
  const dtype = into instanceof Int32Array ? "i32" : "f32";
  const block = size * inner;
  const chunk = Math.max(1, Math.floor(roomOf(device, run !== undefined) / block));
  for (let first = 0; first < lines.outer; first += chunk) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const piece = { ...lines, outer: Math.min(chunk, lines.outer - first) };
    const numbers = data.subarray(first * block, (first + piece.outer) * block);
    const start = first * inner * width;
    if (run === undefined) into.set(onHost(numbers, piece), start);
    else {
      const operator = { x: [x, size], out: [out, width, dtype], run } as const;
      const { made, said } = await rowsOnDevice(device, numbers, piece.outer, operator);
      into.set(made, start);
      for (const row of said) {
        const left = numbers.subarray(row * size, (row + 1) * size);
        into.set(onHost(left, { outer: 1, size, inner: 1 }), start + row * width);
      }
    }
    await breathe();
    device.assertLive();
  }
}

function isForDevice(data: HostArray, { inner }: Lines): boolean {
  return inner === 1 && data instanceof Float32Array && data.length >= LEAST_NUMBERS;
}

function roomOf({ backend }: ModelDevice, isThere: boolean): number {
  if (!isThere) return CHUNK_NUMBERS;
  return Math.min(CHUNK_NUMBERS, Math.floor(backend.info.maxTensorBytes / 4));
}
