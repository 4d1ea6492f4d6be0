import type { LibraryHandle } from "koffi";

type Koffi = typeof import("koffi");
type CFunction = (...args: readonly unknown[]) => bigint;

/**
 * C's own variable `stderr`, through which native code prints. glibc lets it be set like any other variable. What JavaScript
 * and child processes write goes by the number of the stream, of which this changes nothing.
 */
export class CStderr {
  /** The one element is the variable; its type is FILE *. */
  readonly variable: BigUint64Array;
  /** What the variable points to when nobody has set it. */
  readonly original: bigint;
  /** A stream that keeps what is written to it in memory. It is never closed: another thread may be about to write to it. */
  readonly kept: bigint;

  /** Address and length of what is kept, as of the last flush. */
  readonly #memory: BigUint64Array;
  readonly #c: Record<"flockfile" | "funlockfile" | "fflush" | "memcpy" | "fwrite", CFunction>;
  #nTaken = 0;

  /** @throws Error if the C library is not glibc */
  constructor(koffi: Koffi) {
    const c: LibraryHandle = koffi.load(null);
    const numbersAt = (address: unknown, length: number): BigUint64Array =>
      new BigUint64Array(koffi.view(address, length * BigUint64Array.BYTES_PER_ELEMENT));
    this.original = koffi.address(c.symbol("_IO_2_1_stderr_"));
    this.variable = numbersAt(c.symbol("stderr"), 1);
    const cells = koffi.alloc("uint64_t", 2);
    this.#memory = numbersAt(cells, 2);
    const open = c.func("void *open_memstream(void *start, void *length)");
    const start = koffi.address(cells);
    this.kept = open(start, start + BigInt(BigUint64Array.BYTES_PER_ELEMENT));
    this.#c = {
      flockfile: c.func("void flockfile(void *stream)"),
      funlockfile: c.func("void funlockfile(void *stream)"),
      fflush: c.func("int fflush(void *stream)"),
      memcpy: c.func("void *memcpy(void *to, void *from, size_t nBytes)"),
      fwrite: c.func("size_t fwrite(void *bytes, size_t size, size_t n, void *stream)"),
    };
  }

  /** What was kept since the last call. */
  take(): Buffer {
    const { flockfile, fflush, memcpy, funlockfile } = this.#c;
    flockfile(this.kept);
    fflush(this.kept);
    const [start = 0n, length = 0n] = this.#memory;
    const bytes = Buffer.alloc(Number(length) - this.#nTaken);
    if (bytes.length > 0) memcpy(bytes, start + BigInt(this.#nTaken), bytes.length);
    this.#nTaken += bytes.length;
    funlockfile(this.kept);
    return bytes;
  }

  /** Prints as native code does. */
  print(bytes: Buffer): void {
    this.#c.fwrite(bytes, 1, bytes.length, this.original);
  }
}
