import { InputError, WeightsError } from "../base/errors.ts";
import type { TensorEntry } from "./checkpoint.ts";

/** The tensors of a checkpoint by name. */
export class TensorDirectory {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Elements of all tensors. */
  readonly totalParameters: number;
  readonly sizeBytes: number;
  readonly #checkpoint: string;

  /** @param checkpoint what errors call it */
  constructor(checkpoint: string, entries: ReadonlyMap<string, TensorEntry>) {
    this.#checkpoint = checkpoint;
    this.entries = entries;
    const all = [...entries.values()];
    this.totalParameters = all.reduce((sum, { shape }) => sum + product(shape), 0);
    this.sizeBytes = all.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** @throws WeightsError ERR_TENSOR_MISSING */
  entry(name: string): TensorEntry {
    const entry = this.entries.get(name);
    if (entry === undefined)
      throw new WeightsError(
        "ERR_TENSOR_MISSING",
        `${this.#checkpoint}: expected a tensor named ${JSON.stringify(name)}, got none among ${this.entries.size}. Look at checkpoint.tensors for the names.`,
      );
    return entry;
  }

  /** The entry of a tensor that has these bytes. @throws WeightsError ERR_TENSOR_MISSING; InputError ERR_RANGE */
  entryWith(name: string, byteStart: number, byteLength: number): TensorEntry {
    const entry = this.entry(name);
    const isPart =
      Number.isSafeInteger(byteStart) &&
      Number.isSafeInteger(byteLength) &&
      byteStart >= 0 &&
      byteLength >= 0 &&
      byteStart + byteLength <= entry.byteLength;
    if (!isPart)
      throw new InputError(
        "ERR_RANGE",
        `${name}: expected a range within its ${entry.byteLength} bytes, got ${byteLength} bytes from ${byteStart}. Shorten the range.`,
      );
    return entry;
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
