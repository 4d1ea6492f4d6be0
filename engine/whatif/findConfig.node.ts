import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { hubEnvironment } from "../weights/hub/hubEnvironment.node.ts";
import { hubName } from "../weights/hub/hubName.ts";
import { bundledModels, resolveModel } from "../weights/resolveModel.node.ts";
import type { NamedConfig } from "./namedConfig.ts";
import { SHIPPED_CONFIGS, shippedConfig } from "./shippedConfigs.ts";
import { configIn, readConfig } from "./whatIf.node.ts";

interface FindOptions {
  readonly signal?: AbortSignal;
}

/**
 * Finds a config by what a user calls a model, in this order: a config of `SHIPPED_CONFIGS`, a model in this package, a folder with
 * config.json, a repository on the Hugging Face hub, of which config.json alone is downloaded.
 * @throws ConfigError ERR_MODEL_NOT_FOUND, ERR_MODEL_ACCESS, ERR_CONFIG_MISSING, ERR_JSON; WeightsError ERR_DOWNLOAD, ERR_WEIGHTS_MISSING
 */
export async function findConfig(given: string, options: FindOptions = {}): Promise<NamedConfig> {
  const shipped = shippedConfig(given);
  if (shipped !== null) return shipped;
  if (bundledModels().includes(given))
    return { ...configIn((await resolveModel(given)).location), name: given };
  const path = resolve(given.replace(/^~(?=[/\\]|$)/, homedir()));
  const found = given === "" ? undefined : statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return configIn(path);
  if (found?.isFile() && path.endsWith(".json"))
    return { name: basename(dirname(path)), config: readConfig(path) };
  if (existsSync(path))
    throw notFound(given, "Pass the folder of a checkpoint, or its config.json.");
  const wanted = hubName(given, hubEnvironment.endpoint);
  if (wanted === null || typeof wanted === "string")
    throw notFound(given, wanted ?? `Did you mean ${nearest(given, names(), 1)[0]}?`);
  // Hugging Face's library, which takes longer to load than the rest of the engine.
  const { downloadConfig } = await import("../weights/hub/downloadModel.node.ts");
  return { name: wanted.repository, config: readConfig(await downloadConfig(wanted, options)) };
}

function names(): string[] {
  return [...Object.keys(SHIPPED_CONFIGS), ...bundledModels()];
}

function notFound(given: string, fix: string): ConfigError {
  return new ConfigError(
    "ERR_MODEL_NOT_FOUND",
    `model ${JSON.stringify(given)}: expected one of ${names().join(", ")}, a folder with config.json, or a Hugging Face id such as org/name, got none of them. ${fix}`,
  );
}
