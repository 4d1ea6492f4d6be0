import { normalizeConfig } from "../model/normalizeConfig.ts";
import type { ModelAnatomy } from "../trace/schema.ts";
import { type GivenConfig, namedConfig } from "../whatif/namedConfig.ts";
import { modelAnatomy } from "./modelAnatomy.ts";

/**
 * The anatomy of a model of which nothing but its config is there: operators, shapes, parameters and sites, from the plan that
 * would be executed.
 * @param config a name that `whatIf` takes, or config.json as parsed
 * @throws InputError ERR_OPTION; ConfigError ERR_CONFIG, ERR_ARCHITECTURE for a config that is not supported
 */
export function anatomyOf(config: GivenConfig): ModelAnatomy {
  const found = namedConfig("anatomyOf", config);
  return modelAnatomy(found.name, normalizeConfig(found.config));
}
