import { KernelError } from "../errors.ts";

/** The names of an options type: a list that lacks one, or has another, does not compile. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true };

/**
 * Refuses what is no option: somebody believes to have set something.
 * @param what the function or class, for the message
 * @throws KernelError ERR_OPTION
 */
export function checkOptions(
  what: string,
  options: unknown,
  names: Readonly<Record<string, unknown>>,
): void {
  if (typeof options !== "object" || options === null)
    throw new KernelError(
      "ERR_OPTION",
      `${what}: expected an object of options, got ${String(options)}. Write { name: value }.`,
    );
  const wrong = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (wrong === undefined) return;
  throw new KernelError(
    "ERR_OPTION",
    `${what}: expected options that exist, got ${JSON.stringify(wrong)}. ${choice(Object.keys(names))}`,
  );
}

function choice(known: readonly string[]): string {
  return known.length === 0 ? "It has none: leave it out." : `Choose from ${known.join(", ")}.`;
}
