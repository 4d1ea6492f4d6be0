import { DEVICES, deviceNamed } from "../engine/machine/devices.ts";
import type { DeviceRecord } from "../engine/trace/schema.ts";
import { measuredHere } from "./measuredHere.ts";
import { UsageError } from "./usageError.ts";

const HERE = "here";

/**
 * The device that a command line names; undefined where it names none.
 * @param what the command, for messages
 * @throws UsageError that lists the names; Error where "here" was not measured
 */
export async function deviceFor(
  what: string,
  name: string | undefined,
): Promise<DeviceRecord | undefined> {
  if (name === undefined) return undefined;
  if (name === HERE) return measuredHere(what);
  const found = deviceNamed(name);
  if (found !== null) return found;
  const known = Object.entries(DEVICES).map(([id, device]) => `  ${id.padEnd(10)} ${device.name}`);
  known.push(`  ${HERE.padEnd(10)} this machine, once vitrine doctor --measure has measured it`);
  throw new UsageError(
    `${what} --device: expected one of these, got ${JSON.stringify(name)}. Choose one.\n${known.join("\n")}`,
  );
}
