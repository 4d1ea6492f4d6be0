import type { OperatorTimes } from "../backend.ts";
import { BUFFER_USAGE } from "./gpuConstants.ts";

/** Passes that one set of queries measures: two timestamps for each, and WebGPU allows 4096. */
const PASSES_OF_SET = 2048;

const TIMESTAMP_BYTES = 8;

/** Measures passes of one submission, each between two timestamps of the device. */
export class PassClock {
  /** Where `stop` leaves the timestamps: u64 nanoseconds, beginning and end of pass after pass. */
  readonly timestamps: GPUBuffer;
  readonly #nPasses: number;
  readonly #sets: readonly GPUQuerySet[];

  /** @param nPasses at least 1 */
  constructor(device: GPUDevice, nPasses: number) {
    this.#nPasses = nPasses;
    const sizes = { label: "timestamps", size: 2 * TIMESTAMP_BYTES * nPasses };
    this.timestamps = device.createBuffer({
      ...sizes,
      usage: BUFFER_USAGE.queryResolve | BUFFER_USAGE.copySource,
    });
    this.#sets = Array.from({ length: Math.ceil(nPasses / PASSES_OF_SET) }, (_, s) =>
      device.createQuerySet({ type: "timestamp", count: 2 * this.#passesOf(s) }),
    );
  }

  /** How a pass is begun that is to be measured as number `index`. */
  pass(index: number): GPUComputePassDescriptor {
    const querySet = this.#sets[Math.floor(index / PASSES_OF_SET)] as GPUQuerySet;
    const first = 2 * (index % PASSES_OF_SET);
    const timestampWrites = {
      querySet,
      beginningOfPassWriteIndex: first,
      endOfPassWriteIndex: first + 1,
    };
    return { timestampWrites };
  }

  /** Records that the timestamps of all passes are put into their buffer. */
  stop(commands: GPUCommandEncoder): void {
    for (const [s, set] of this.#sets.entries()) {
      const at = 2 * TIMESTAMP_BYTES * PASSES_OF_SET * s;
      commands.resolveQuerySet(set, 0, 2 * this.#passesOf(s), this.timestamps, at);
    }
  }

  destroy(): void {
    for (const set of this.#sets) set.destroy();
    this.timestamps.destroy();
  }

  #passesOf(set: number): number {
    return Math.min(PASSES_OF_SET, this.#nPasses - set * PASSES_OF_SET);
  }
}

/** Of each pass: WebGPU lets a device's clock jump, and a pass that it jumped back in counts as nothing. */
export function passTimes(timestamps: BigUint64Array): OperatorTimes {
  const startNs = new Float64Array(timestamps.length / 2);
  const durationNs = startNs.map((_, i) => {
    const [begun = 0n, ended = 0n] = timestamps.subarray(2 * i, 2 * i + 2);
    startNs[i] = Number(begun);
    return ended > begun ? Number(ended - begun) : 0;
  });
  return { startNs, durationNs };
}
