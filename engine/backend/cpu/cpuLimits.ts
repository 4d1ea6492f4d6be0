import type { DeviceLimits, LimitKernel, MeasuredWork } from "../limits.ts";
import type { Allocator } from "./allocator.ts";
import type { Split } from "./rangeKernels.ts";

/** As wasm/limits.ts has them. */
const BLOCK_BYTES = 2 ** 16;
const FLOATS_OF_ITERATION = 48;
const INTEGERS_OF_ITERATION = 160;

/** Parts that arithmetic is shared out in. */
const PARTS = 256;

/** What a kernel takes at least, so that it is split over all threads: nanoseconds. */
const LONG_NS = 1e9;

/** A factor that leaves floats as they are, and a term too small to change them: no number runs out of range. */
const [FACTOR, TERM] = [1, 2 ** -30];

/** The kernels of wasm/limits.ts on all threads, timed by the clock. @throws BackendError ERR_OUT_OF_MEMORY */
export function cpuLimits(allocator: Allocator, split: Split, mostBytes: number): DeviceLimits {
  const blocks = Math.max(2, Math.floor(mostBytes / BLOCK_BYTES / 2) * 2);
  const source = allocator.allocate(blocks * BLOCK_BYTES, "bytes to read");
  const out = tryAllocate(allocator, source, 16 * Math.max(blocks, PARTS));
  const { bytes } = allocator;
  for (let at = 0; at < blocks * BLOCK_BYTES; at += 4096) bytes[source + at] = at / 4096; // pages that are there
  const times = (amount: number, each: number) => Math.max(1, Math.round(amount / each));
  const passes = (total: number, each: number, pass: () => void) => async (amount: number) => {
    const count = times(amount, each);
    return timed(count * total, () => {
      for (let i = 0; i < count; i++) pass();
    });
  };
  const whole = blocks * BLOCK_BYTES;
  const half = blocks / 2;
  const read = () => split("limitRead", { total: blocks, ns: LONG_NS }, [source, out]);
  const copy = () => split("limitCopy", { total: half, ns: LONG_NS }, [source, source + whole / 2]);
  const arithmetic =
    (each: number, run: (iterations: number) => void) => async (amount: number) => {
      const iterations = times(amount, PARTS * each);
      return timed(iterations * PARTS * each, () => run(iterations));
    };
  const work = { total: PARTS, ns: LONG_NS };
  const kernels: LimitKernel[] = [
    { name: "read", unit: "bytes", measure: passes(whole, whole, () => void read()) },
    { name: "copy", unit: "bytes", measure: passes(whole, whole, () => void copy()) },
    {
      name: "multiply and add f32",
      unit: "f32",
      measure: arithmetic(FLOATS_OF_ITERATION, (iterations) => {
        split("limitFloats", work, [iterations, FACTOR, TERM, out]);
      }),
    },
    {
      name: "multiply and add i16",
      unit: "i16",
      measure: arithmetic(INTEGERS_OF_ITERATION, (iterations) => {
        split("limitIntegers", work, [iterations, 1, out]);
      }),
    },
  ];
  return {
    kernels,
    dispose() {
      allocator.free(source);
      allocator.free(out);
    },
  };
}

/** Frees the first allocation where there is no room for the second. */
function tryAllocate(allocator: Allocator, first: number, sizeBytes: number): number {
  try {
    return allocator.allocate(sizeBytes, "what was read");
  } catch (error) {
    allocator.free(first);
    throw error;
  }
}

function timed(amount: number, run: () => void): MeasuredWork {
  const startedAt = performance.now();
  run();
  return { amount, ns: (performance.now() - startedAt) * 1e6 };
}
