import { InputError } from "../../base/errors.ts";
import type { Arithmetic } from "../backend.ts";
import type { CpuTensor } from "./cpuTensor.ts";

const CHOICES: readonly Arithmetic[] = ["exact", "i16"];

const INTEGER_CODES: ReadonlySet<string> = new Set([
  "q8_0",
  "mxfp4",
  "q4_0",
  "q4_k",
  "q5_k",
  "q6_k",
]);

/** Are the codes of that weight small whole numbers? Those of mxfp4 are halves of such. */
export function hasIntegerCodes({ dtype }: CpuTensor): boolean {
  return INTEGER_CODES.has(dtype);
}

/** @throws InputError ERR_OPTION */
export function checkArithmetic(given: Arithmetic): Arithmetic {
  if (CHOICES.includes(given)) return given;
  throw new InputError(
    "ERR_OPTION",
    `arithmetic: expected ${CHOICES.join(" or ")}, got ${JSON.stringify(given)}. Leave it out for float32.`,
  );
}
