import { InputError } from "../base/errors.ts";

interface Said {
  readonly expected: string;
  readonly got: unknown;
  readonly fix: string;
}

/** @param what the option or field, for the message: "evaluate epochs" */
export function wrongOption(what: string, { expected, got, fix }: Said): InputError {
  return new InputError("ERR_OPTION", `${what}: expected ${expected}, got ${shown(got)}. ${fix}`);
}

/** A task or one of its samples is not what `evaluate` takes. */
export function wrongTask(what: string, { expected, got, fix }: Said): InputError {
  return new InputError("ERR_TASK", `${what}: expected ${expected}, got ${shown(got)}. ${fix}`);
}

/** A value in a message: its JSON, cut where it is long. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
