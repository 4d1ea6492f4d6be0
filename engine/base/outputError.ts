import { InputError } from "./errors.ts";
import { WriteFault, writeFault } from "./writeFault.ts";

interface Output {
  /** Who writes, for the message. */
  readonly what: string;
  readonly path: string;
  readonly kind?: "file" | "folder";
  /** What a user may do other than to mend what keeps it from being written: "choose another folder". */
  readonly otherwise: string;
}

/**
 * The error ERR_OUTPUT for what could not be written. An error that is not of writing, such as one of what was to be written, stays
 * what it is.
 */
export function outputError(cause: unknown, { what, path, kind, otherwise }: Output): unknown {
  if (!(cause instanceof WriteFault) && !isOfSystem(cause)) return cause;
  const fault = writeFault(path, cause, kind);
  return new InputError("ERR_OUTPUT", `${what}: ${fault.message}. ${fault.fix}, or ${otherwise}.`, {
    cause: fault.cause,
  });
}

/** Whether a call of the operating system failed. */
const isOfSystem = (cause: unknown): boolean => cause instanceof Error && "syscall" in cause;
