import type { Arithmetic } from "../../backend.ts";
import type { DeviceTensor } from "../../deviceTensor.ts";
import type { CpuTensor } from "../cpuTensor.ts";
import type { KernelMemory } from "../kernelMemory.ts";
import type { Kernels } from "../kernels.ts";
import type { Split } from "../rangeKernels.ts";
import { Growing, ROW } from "./growing.ts";
import { integerRowBytes } from "./integerRows.ts";

/**
 * Runs one operator whose addresses and sizes are already resolved, for a step whose first row is `row` in tensors with a token
 * axis.
 */
export type Runner = (nTokens: number, start: number, row: number) => void;

/** Of a tensor that an operator does not have. */
const NO_ROWS = new Growing(0, 0, ROW);

/** What a backend gives its operators. */
export interface DeviceContext {
  /** Where everything lies and is done. */
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
  readonly arithmetic: Arithmetic;
  readonly split: Split;
  /** The backend's own tensor behind a handle. */
  own(tensor: DeviceTensor): CpuTensor;
  /** An element. */
  intAt(tensor: DeviceTensor, index: number): number;
  /** A copy in panels of a tensor of f32, as a weight lies. */
  layOut(tensor: CpuTensor): CpuTensor;
  /** Gives the copy's memory back. */
  drop(tensor: CpuTensor): void;
  /** The same in the memory of that number. */
  inMemory(number: number): DeviceContext;
}

/** That, for one operator. */
export interface PrepareContext extends DeviceContext {
  /** Where the rows of one of its tensors lie: of a step with the first row r, the address at(r). */
  rows(tensor: DeviceTensor): Growing;
}

export const floatBytes = 4;
export const pointerBytes = 4;

/** Rows of x that the kernels pack at a time; see wasm/multiply.ts. */
const blockRows = 64;

/** Scratch of one matrix product: an address per row of x and of out, and what `panelSpaceBytes` says. */
export function productBytes(rows: number, k: number): number {
  return 2 * pointerBytes * rows + 16 + panelSpaceBytes(rows, k);
}

/** The same where the kernel itself makes whole numbers of rows of floats. */
export function floatProductBytes(rows: number, k: number): number {
  return productBytes(rows, k) + integerSpaceBytes(rows, k);
}

/** Sums of a panel, one panel of floats with its scales, and packed rows of x with theirs; see wasm/productSpace.ts. */
export function panelSpaceBytes(rows: number, k: number): number {
  const packed = Math.min(blockRows, 4 * Math.ceil(rows / 4));
  return 2368 + (2 * k + 64) + floatBytes * 8 * (k + 1) + packed * (4 * k + Math.floor(k / 8));
}

/** Rows of x in whole numbers, with an address each. */
export function integerSpaceBytes(rows: number, k: number): number {
  return blockRows * pointerBytes + Math.min(blockRows, rows) * integerRowBytes(k, 2);
}

/** Rows of an optional tensor, at the address 0 for none. */
export function rowsOf(tensor: DeviceTensor | null, { rows }: PrepareContext): Growing {
  return tensor ? rows(tensor) : NO_ROWS;
}

/** Where an optional tensor lies; 0 for none. */
export function addressOf(tensor: DeviceTensor | null, { own }: PrepareContext): number {
  return tensor ? own(tensor).address : 0;
}

export function flag(condition: boolean): 0 | 1 {
  return condition ? 1 : 0;
}

export function isBf16(tensor: DeviceTensor | null): 0 | 1 {
  return flag(tensor?.dtype === "bf16");
}
