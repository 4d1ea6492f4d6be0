import type { RecordError } from "../base/errors.ts";
import { malformed, shown } from "./recordErrors.ts";

/** Of a table's row that says what cannot be. */
export function wrongRow(place: string, row: object, expected: string): RecordError {
  const fix = "The record is damaged; save the run again.";
  return malformed(place, { expected, got: shown(row), fix });
}
