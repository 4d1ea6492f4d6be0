/** What a kernel at a limit of a device is counted by: bytes, or multiplications and additions of a dtype. */
export type LimitUnit = "bytes" | "f32" | "i16";

/** Work that was done, and how long it took. */
export interface MeasuredWork {
  /** Bytes, or multiplications and additions: at least one pass over what the kernel works on. */
  readonly amount: number;
  readonly ns: number;
}

/** A kernel that does one thing alone, as fast as the device can. */
export interface LimitKernel {
  readonly name: string;
  readonly unit: LimitUnit;
  /** @param amount about how much to do. @throws as the backend's other calls */
  measure(amount: number): Promise<MeasuredWork>;
}

/** The kernels that measure a device, and the memory that they work on. */
export interface DeviceLimits {
  readonly kernels: readonly LimitKernel[];
  /** Gives the memory back. */
  dispose(): void;
}
