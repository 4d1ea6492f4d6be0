import { KernelError } from "../errors.ts";

/** The server cannot start: its folder, its port or its build is not as it must be. */
export class ServerError extends KernelError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_SERVER", message, options);
  }
}
