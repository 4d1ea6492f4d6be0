import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { WhatIfRecord } from "../trace/schema.ts";
import { type GivenConfig, type NamedConfig, namedConfig } from "./namedConfig.ts";
import { shippedConfig } from "./shippedConfigs.ts";
import { whatIfOf } from "./whatIf.ts";
import {
  type CostedRun,
  checkWhatIf,
  type WhatIfOptions,
  type WhatIfTokens,
} from "./whatIfOptions.ts";

/**
 * What the same tokens would take on another model and machine: whether it fits, how fast it could be at most, what the rent of
 * that time is. Everything is computed from config.json, by the plan that would be executed and the costs that `run.cost()` counts; times
 * are the least that the device's bandwidth and FLOP/s allow.
 * @param source a run, or how many tokens a sequence has
 * @param options their `config` may be a folder with config.json; write "./gpt2" for a folder that has a shipped config's name
 * @throws InputError ERR_OPTION; ConfigError ERR_CONFIG, ERR_ARCHITECTURE for a config that is not supported, ERR_CONFIG_MISSING, ERR_JSON
 */
export function whatIf(source: CostedRun | WhatIfTokens, options: WhatIfOptions): WhatIfRecord {
  checkWhatIf(options);
  return whatIfOf(source, configNamed("whatIf config", options.config), options);
}

/**
 * A config by its name in `SHIPPED_CONFIGS`, by a folder that has config.json, or as it is.
 * @param what the argument's name, for the refusal
 * @throws InputError ERR_OPTION; ConfigError ERR_CONFIG_MISSING, ERR_JSON
 */
export function configNamed(what: string, given: GivenConfig): NamedConfig {
  if (typeof given !== "string" || given === "" || shippedConfig(given) !== null)
    return namedConfig(what, given);
  const folder = resolve(given.replace(/^~(?=[/\\]|$)/, homedir()));
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? configIn(folder) : namedConfig(what, given);
}

/** @throws ConfigError ERR_CONFIG_MISSING, ERR_JSON */
export function configIn(folder: string): NamedConfig {
  return { name: basename(folder), config: readConfig(join(folder, "config.json")) };
}

/** @throws ConfigError ERR_CONFIG_MISSING, ERR_JSON */
export function readConfig(path: string): Readonly<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new ConfigError(
      isMissing ? "ERR_CONFIG_MISSING" : "ERR_JSON",
      isMissing
        ? `config.json: expected the file at ${path}, got nothing there. Of a GGUF file alone nothing is planned: pass the config.json of the model that it was made from.`
        : `config.json: expected a JSON object, got ${(cause as Error).message}. Look at ${path}.`,
      { cause },
    );
  }
  if (isObject(config)) return config;
  throw new ConfigError(
    "ERR_JSON",
    `config.json: expected a JSON object, got ${JSON.stringify(config)}. Look at ${path}.`,
  );
}
