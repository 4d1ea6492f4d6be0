import { InvalidArgumentError } from "commander";
import { CASES, type CaseName } from "./cases.ts";

/** The name of a case, from a command line. */
export function caseName(text: string): CaseName {
  if (Object.hasOwn(CASES, text)) return text as CaseName;
  throw new InvalidArgumentError(`expected a name out of ${Object.keys(CASES).join(", ")}.`);
}
