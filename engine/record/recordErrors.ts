import { RecordError } from "../base/errors.ts";

interface Said {
  readonly expected: string;
  readonly got: string;
  readonly fix: string;
}

/** What is there does not say what a record says. */
export function malformed(
  what: string,
  { expected, got, fix }: Said,
  cause?: unknown,
): RecordError {
  return new RecordError("ERR_RECORD", `${what}: expected ${expected}, got ${got}. ${fix}`, {
    cause,
  });
}

/** Bytes are not those that were written. */
export function altered(what: string, { expected, got, fix }: Said): RecordError {
  return new RecordError("ERR_RECORD_ALTERED", `${what}: expected ${expected}, got ${got}. ${fix}`);
}

/** A file of the record cannot be read. */
export function missing(what: string, { expected, got, fix }: Said, cause?: unknown): RecordError {
  return new RecordError(
    "ERR_RECORD_MISSING",
    `${what}: expected ${expected}, got ${got}. ${fix}`,
    {
      cause,
    },
  );
}

/** What is asked for was not put into the record. */
export function notRecorded(what: string, { expected, got, fix }: Said): RecordError {
  return new RecordError("ERR_NOT_RECORDED", `${what}: expected ${expected}, got ${got}. ${fix}`);
}

/** The model at hand is not the one that ran. */
export function otherModel(what: string, { expected, got, fix }: Said): RecordError {
  return new RecordError("ERR_RECORD_MODEL", `${what}: expected ${expected}, got ${got}. ${fix}`);
}

/** A value in a message: its JSON, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
