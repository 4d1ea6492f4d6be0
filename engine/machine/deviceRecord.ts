import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { DeviceRecord } from "../trace/schema.ts";

const DTYPES = ["f32", "bf16", "fp8", "i16"] as const;

/** What of it is no record of a device, as a clause; null where all is well. */
export function deviceFault(given: unknown): string | null {
  if (!isObject(given)) return `an object, got ${JSON.stringify(given)}`;
  for (const field of ["name", "source", "date"])
    if (typeof given[field] !== "string") return fault(field, "a string", given[field]);
  if (!isPositive(given.bytesPerSecond))
    return fault("bytesPerSecond", "a number above 0", given.bytesPerSecond);
  const { flopsPerSecond } = given;
  if (!isObject(flopsPerSecond)) return fault("flopsPerSecond", "numbers by dtype", flopsPerSecond);
  for (const dtype of DTYPES) {
    const value = flopsPerSecond[dtype];
    if (value === undefined && dtype !== "f32") continue;
    if (!isPositive(value)) return fault(`flopsPerSecond.${dtype}`, "a number above 0", value);
  }
  return null;
}

/** @throws InputError ERR_OPTION */
export function checkDevice(what: string, given: unknown): asserts given is DeviceRecord {
  const wrong = deviceFault(given);
  if (wrong !== null)
    throw new InputError(
      "ERR_OPTION",
      `${what}: expected ${wrong}. Pass a record of measureDevice, or of one of the known devices.`,
    );
}

function fault(field: string, expected: string, got: unknown): string {
  const shown = typeof got === "number" ? String(got) : JSON.stringify(got);
  return `${field} to be ${expected}, got ${shown}`;
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value < Number.POSITIVE_INFINITY;
}
