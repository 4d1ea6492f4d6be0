import { KernelError } from "../errors.ts";
import type { TypeErrors } from "./cellLanguage.ts";

const CHOICES: readonly TypeErrors[] = ["show", "strict", "off"];

/**
 * What the environment variable VITRINE_TYPE_ERRORS asks for; `show` if it is not set.
 * @throws KernelError ERR_SETTING if it is none of `show`, `strict`, `off`
 */
export function readTypeErrors({ VITRINE_TYPE_ERRORS: value }: NodeJS.ProcessEnv): TypeErrors {
  if (value === undefined || value === "") return "show";
  const choice = CHOICES.find((each) => each === value);
  if (choice !== undefined) return choice;
  throw new KernelError(
    "ERR_SETTING",
    `VITRINE_TYPE_ERRORS: expected one of ${CHOICES.join(", ")}, got ${value}. Set it in the environment of the kernel.`,
  );
}
