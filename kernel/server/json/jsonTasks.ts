import { splitMessage } from "../channels/splitMessage.ts";
import { openNotebook, openText, plainNotebook } from "../contents/openContent.ts";
import { readSave } from "../contents/saveRequest.ts";
import { HttpError } from "../httpError.ts";
import type { WithBytes } from "./packets.ts";

/**
 * What is done with JSON whose size a client or a file decides: each from bytes to bytes and with nothing beside them, so
 * that another process can do it.
 */
export const JSON_TASKS = { openNotebook, openText, plainNotebook, readSave, splitMessage };

export type JsonTask = keyof typeof JSON_TASKS;
export type TaskInput<T extends JsonTask> = Parameters<(typeof JSON_TASKS)[T]>[0];
export type TaskOutput<T extends JsonTask> = ReturnType<(typeof JSON_TASKS)[T]>;

export interface Question {
  readonly task: JsonTask;
  readonly input: object;
}

/** What became of a task in the other process, beside the bytes. */
export type Outcome =
  | { readonly output: object }
  | { readonly refusal: { status: number; message: string; reason: string | null } }
  | { readonly failure: string; readonly stack: string };

const TOO_LONG =
  "JSON: expected texts of at most 512 MiB, got longer ones. Split the document, or clear its large outputs.";

/** Does what another process asks for. */
export function answer({ task, input, bytes }: Question & WithBytes): Outcome & WithBytes {
  try {
    const work = JSON_TASKS[task] as unknown as (input: WithBytes) => WithBytes;
    const { bytes: done, ...output } = work({ ...input, bytes });
    return { output, bytes: done };
  } catch (error) {
    if (error instanceof HttpError) {
      const { status, message, reason } = error;
      return { refusal: { status, message, reason }, bytes: [] };
    }
    if (
      error instanceof RangeError ||
      (error as NodeJS.ErrnoException).code === "ERR_STRING_TOO_LONG"
    )
      return { refusal: { status: 413, message: TOO_LONG, reason: "too large" }, bytes: [] };
    const { message, stack = message } = error as Error;
    return { failure: message, stack, bytes: [] };
  }
}
