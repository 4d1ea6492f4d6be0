import { normalizeConfig } from "../model/normalizeConfig.ts";
import type { ModelAnatomy } from "../trace/schema.ts";
import type { GivenConfig } from "../whatif/namedConfig.ts";
import { configNamed } from "../whatif/whatIf.node.ts";
import { modelAnatomy } from "./modelAnatomy.ts";

/**
 * The anatomy of a model of which nothing but its config is there: operators, shapes, parameters and sites, from the plan that
 * would be executed.
 * @param config a name that `whatIf` takes, a folder with config.json, or config.json as parsed
 * @throws InputError ERR_OPTION; ConfigError ERR_CONFIG, ERR_ARCHITECTURE for a config that is not supported, ERR_CONFIG_MISSING,
 * ERR_JSON
 */
export function anatomyOf(config: GivenConfig): ModelAnatomy {
  const found = configNamed("anatomyOf", config);
  return modelAnatomy(found.name, normalizeConfig(found.config));
}
