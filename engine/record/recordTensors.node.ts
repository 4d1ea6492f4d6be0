import { type HostArray, Tensor } from "../tensor/tensor.ts";
import { CheckpointFile } from "../weights/checkpointFile.node.ts";
import type { SafetensorsHeader } from "../weights/safetensors.ts";
import { SafetensorsFile } from "../weights/safetensorsFile.node.ts";
import { malformed } from "./recordErrors.ts";

const ARRAYS = { F32: Float32Array, F64: Float64Array, I32: Int32Array } as const;

/** A record's tensors: names and shapes in memory, numbers on disk. */
export class RecordTensors {
  readonly #path: string;
  readonly #place: string;
  readonly #header: SafetensorsHeader;

  private constructor(path: string, place: string, header: SafetensorsHeader) {
    this.#path = path;
    this.#place = place;
    this.#header = header;
  }

  /** @param place the file, for messages @throws WeightsError for what is no safetensors file; RecordError ERR_RECORD */
  static async open(path: string, place: string): Promise<RecordTensors> {
    const file = await SafetensorsFile.open(path, place);
    await file.close();
    for (const [name, { dtype }] of file.header.tensors)
      if (!Object.hasOwn(ARRAYS, dtype))
        throw malformed(`${place}: ${name}`, {
          expected: "a tensor of F32, F64 or I32",
          got: dtype,
          fix: "The record is damaged; save the run again.",
        });
    return new RecordTensors(path, place, file.header);
  }

  names(): string[] {
    return [...this.#header.tensors.keys()];
  }

  has(name: string): boolean {
    return this.#header.tensors.has(name);
  }

  /** Null where there is none of that name. */
  shape(name: string): readonly number[] | null {
    return this.#header.tensors.get(name)?.shape ?? null;
  }

  /** @throws RecordError ERR_RECORD for a name that is not there; WeightsError */
  async read(name: string): Promise<Tensor> {
    const entry = this.#header.tensors.get(name);
    if (entry === undefined)
      throw malformed(this.#place, {
        expected: `the tensor ${name}`,
        got: "none of that name",
        fix: "The record is damaged; save the run again.",
      });
    const file = await CheckpointFile.open(this.#path, this.#place);
    try {
      const bytes = new Uint8Array(entry.byteLength);
      await file.read(bytes, entry.byteOffset);
      const Numbers = ARRAYS[entry.dtype as keyof typeof ARRAYS];
      return new Tensor(new Numbers(bytes.buffer) as HostArray, entry.shape);
    } finally {
      await file.close();
    }
  }
}
