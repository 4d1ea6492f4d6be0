import { InputError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** The names of an options type: a list that lacks one, or has another, does not compile. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true };

/**
 * Refuses what is no option: somebody believes to have changed something.
 * @param what the function, for the message
 * @throws InputError ERR_OPTION
 */
export function checkOptions(
  what: string,
  options: unknown,
  names: Readonly<Record<string, true>>,
): void {
  const known = Object.keys(names);
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InputError(
      "ERR_OPTION",
      `${what}: expected an object of options, got ${JSON.stringify(options)}. Write { name: value }; the names are ${known.join(", ")}.`,
    );
  const wrong = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (wrong === undefined) return;
  const [near] = nearest(wrong, known, 1);
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected one of its options (${known.join(", ")}), got ${JSON.stringify(wrong)}. Did you mean ${near}?`,
  );
}

/** @throws InputError ERR_OPTION where the value is given and neither true nor false */
export function checkFlag(what: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected true or false, got ${JSON.stringify(value)}. Write one of them, or leave it out.`,
  );
}

/** @throws InputError ERR_OPTION where the value is no whole number of at least 1 */
export function checkCount(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected a whole number of at least 1, got ${value}. Correct the option.`,
  );
}

/** @throws InputError ERR_OPTION where a signal or a listener is given and is none: it would never be heard */
export function checkSignals(
  what: string,
  { signal, onProgress }: { readonly signal?: unknown; readonly onProgress?: unknown },
): void {
  const given = signal as { aborted?: unknown } | undefined | null;
  if (given !== undefined && typeof given?.aborted !== "boolean")
    throw new InputError(
      "ERR_OPTION",
      `${what} signal: expected an AbortSignal, got ${typeName(signal)}. Pass controller.signal.`,
    );
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw new InputError(
      "ERR_OPTION",
      `${what} onProgress: expected a function, got ${typeName(onProgress)}. Write (progress) => { ... }.`,
    );
}

function typeName(value: unknown): string {
  return value === null ? "null" : ((value as object).constructor?.name ?? typeof value);
}

/** Those options that `names` lists. */
export function pickOptions<Names extends Readonly<Record<string, true>>, Options extends object>(
  options: Options,
  names: Names,
): Pick<Options, Extract<keyof Options, keyof Names>> {
  const entries = Object.entries(options).filter(([name]) => Object.hasOwn(names, name));
  return Object.fromEntries(entries) as Pick<Options, Extract<keyof Options, keyof Names>>;
}
