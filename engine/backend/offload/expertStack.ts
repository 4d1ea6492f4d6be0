import type { WeightBytes } from "../backend.ts";
import type { KeptTensor } from "../checkCall.ts";
import type { DeviceDType } from "../deviceTensor.ts";
import { weightLength, weightSlice, widen } from "../widen.ts";

/** Bytes of an expert, from its element `offset` on. */
interface Piece {
  readonly offset: number;
  readonly bytes: WeightBytes;
}

/** A weight whose first axis counts experts, in host memory as the checkpoint has it. */
export class ExpertStack implements KeptTensor {
  readonly owner: object;
  readonly shape: readonly number[];
  /** As the device has experts of it. */
  readonly dtype: DeviceDType;
  readonly weightDType: WeightBytes["dtype"];
  readonly label: string;
  readonly length: number;
  /** Of an expert on the device. */
  readonly expertBytes: number;
  /** It takes none on the device. */
  readonly sizeBytes = 0;
  freed = false;
  /** By expert. */
  readonly #pieces: Piece[][];

  constructor(
    owner: object,
    shape: readonly number[],
    weightDType: WeightBytes["dtype"],
    label: string,
    onDevice: { readonly dtype: DeviceDType; readonly expertBytes: number },
  ) {
    this.owner = owner;
    this.shape = shape;
    this.dtype = onDevice.dtype;
    this.weightDType = weightDType;
    this.label = label;
    this.expertBytes = onDevice.expertBytes;
    this.length = shape.reduce((a, b) => a * b, 1);
    this.#pieces = Array.from({ length: this.nExperts }, () => []);
  }

  get nExperts(): number {
    return this.shape[0] ?? 0;
  }

  /** Elements of an expert. */
  get expertLength(): number {
    return this.length / this.nExperts;
  }

  /** What it holds in host memory. */
  get hostBytes(): number {
    const sizeOf = ({ bytes }: Piece) =>
      bytes.data.byteLength + ("scales" in bytes ? bytes.scales.byteLength : 0);
    return this.#pieces.flat().reduce((sum, piece) => sum + sizeOf(piece), 0);
  }

  /** Keeps a copy of checked bytes. @param offset in elements of the whole stack */
  hold(offset: number, bytes: WeightBytes): void {
    const end = offset + weightLength(bytes);
    const size = this.expertLength;
    for (let from = offset; from < end; ) {
      const expert = Math.floor(from / size);
      const to = Math.min(end, (expert + 1) * size);
      const copy = copied(weightSlice(bytes, from - offset, to - offset));
      this.#pieces[expert]?.push({ offset: from - expert * size, bytes: copy });
      from = to;
    }
  }

  /** In the order in which they were written. */
  piecesOf(expert: number): readonly Piece[] {
    return this.#pieces[expert] ?? [];
  }

  /** Elements [offset, offset + count), widened; 0 where nothing was written. */
  read(offset: number, count: number): Float32Array {
    const size = this.expertLength;
    const [first, end] = [Math.floor(offset / size), Math.ceil((offset + count) / size)];
    const values = new Float32Array((end - first) * size);
    for (let expert = first; expert < end; expert++)
      for (const { offset: from, bytes } of this.piecesOf(expert))
        widen(bytes, values, (expert - first) * size + from);
    return values.slice(offset - first * size, offset - first * size + count);
  }

  /** Lets go of what it holds. */
  drop(): void {
    this.freed = true;
    for (const pieces of this.#pieces) pieces.length = 0;
  }
}

function copied(bytes: WeightBytes): WeightBytes {
  const data = bytes.data.slice();
  return "scales" in bytes ? { ...bytes, data, scales: bytes.scales.slice() } : { ...bytes, data };
}
