import { InputError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { SHIPPED_CONFIGS, shippedConfig } from "./shippedConfigs.ts";

/** What a user calls a config: a name of `SHIPPED_CONFIGS`, or config.json as parsed. */
export type GivenConfig = string | Readonly<Record<string, unknown>>;

/** A config.json, and what to call the model. */
export interface NamedConfig {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** @param what the argument's name, for the refusal. @throws InputError ERR_OPTION for a name that no shipped config has */
export function namedConfig(what: string, given: GivenConfig): NamedConfig {
  if (typeof given !== "string") {
    const type = given.model_type;
    return { name: typeof type === "string" ? type : "config", config: given };
  }
  const shipped = shippedConfig(given);
  if (shipped !== null) return shipped;
  const names = Object.keys(SHIPPED_CONFIGS);
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected one of ${names.join(", ")}, or config.json as an object, got ${JSON.stringify(given)}. Did you mean ${nearest(given, names, 1)[0]}?`,
  );
}
