/** An error of the kernel itself. Every message reads `what: expected <contract>, got <value>. <fix>`. */
export class KernelError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A message that does not follow the Jupyter wire protocol. */
export class ProtocolError extends KernelError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_PROTOCOL", message, options);
  }
}

/** The kernelspec could not be written, found or removed. */
export class InstallError extends KernelError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_INSTALL", message, options);
  }
}

/** Raised inside a cell when the user interrupts it. Has a stack only where it came out of the cell's own code. */
export class KeyboardInterrupt extends Error {
  constructor(message = "the cell was interrupted") {
    super(message);
    for (const [name, value] of [
      ["name", "KeyboardInterrupt"],
      ["code", "ERR_INTERRUPTED"],
      ["stack", `KeyboardInterrupt: ${message}`],
    ] as const) {
      Object.defineProperty(this, name, { value, writable: true, configurable: true });
    }
  }
}
