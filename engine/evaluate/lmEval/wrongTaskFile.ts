import type { InputError } from "../../base/errors.ts";
import { wrongTask } from "../evaluateErrors.ts";

/** A task's file says what is not read here. @param what the file and the field */
export function wrongTaskFile(
  what: string,
  expected: string,
  got: unknown,
  fix: string,
): InputError {
  return wrongTask(`lmEvalTask ${what}`, { expected, got, fix });
}
