import type { WeightBytes } from "../backend.ts";
import type { KeptTensor } from "../checkCall.ts";
import { isPacked, type PackedDType, type PackedLayout, packedLayout } from "../packed.ts";
import { type PanelLayout, panelLayout } from "./panelLayout.ts";

export type CpuDType = "f32" | "bf16" | "i32" | PackedDType;

/** The number of a memory of the backend, and an address in it. */
export interface Place {
  readonly memory: number;
  readonly address: number;
}

/** Where a tensor lies in the WebAssembly memories of one backend. */
export class CpuTensor implements KeptTensor {
  readonly shape: readonly number[];
  readonly dtype: CpuDType;
  readonly label: string;
  readonly sizeBytes: number;
  readonly length: number;
  /** The groups of a packed weight. */
  readonly layout: PackedLayout | null;
  /** Of a weight in panels; null for one element after the other. */
  readonly panels: PanelLayout | null;
  readonly owner: object;
  readonly weightDType: WeightBytes["dtype"] | null;
  /** Changes where a weight moves to the memory of another that is read together with it. */
  place: Place;
  freed = false;

  constructor(
    owner: object,
    shape: readonly number[],
    dtype: CpuDType,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
    place: Place,
  ) {
    this.owner = owner;
    this.shape = [...shape];
    this.dtype = dtype;
    this.weightDType = weightDType;
    this.label = label;
    this.length = shape.reduce((a, b) => a * b, 1);
    this.layout = isPacked(dtype) ? packedLayout(dtype, shape) : null;
    this.panels = weightDType === null ? null : weightPanels(shape, dtype);
    this.sizeBytes = this.panels?.sizeBytes ?? tensorBytes(shape, dtype);
    this.place = place;
  }

  get address(): number {
    return this.place.address;
  }

  /** Of a row of a tensor without panels. */
  get rowBytes(): number {
    return tensorBytes([1, ...this.shape.slice(1)], this.dtype);
  }

  /** The same tensor with its elements elsewhere. */
  at(place: Place): CpuTensor {
    const { owner, shape, dtype, weightDType, label } = this;
    return new CpuTensor(owner, shape, dtype, weightDType, label, place);
  }
}

/** How a weight lies; null for one of a single axis, such as a bias. @throws ShapeError ERR_SHAPE */
export function weightPanels(shape: readonly number[], dtype: CpuDType): PanelLayout | null {
  if (dtype === "i32" || (shape.length < 2 && !isPacked(dtype))) return null;
  return panelLayout(dtype, shape);
}

/** Bytes of a tensor whose elements lie one after the other. */
export function tensorBytes(shape: readonly number[], dtype: CpuDType): number {
  return shape.reduce((a, b) => a * b, dtype === "bf16" ? 2 : 4);
}
