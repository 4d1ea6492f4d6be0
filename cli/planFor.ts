import { normalizeConfig } from "../engine/model/normalizeConfig.ts";
import type { DeviceRecord, WhatIfRecord } from "../engine/trace/schema.ts";
import type { NamedConfig } from "../engine/whatif/namedConfig.ts";
import { whatIfOf } from "../engine/whatif/whatIf.ts";
import { checkWhatIf, type WhatIfOptions } from "../engine/whatif/whatIfOptions.ts";
import { UsageError } from "./usageError.ts";

export interface PlanFor {
  readonly device: DeviceRecord | undefined;
  readonly devices?: number;
  readonly weights?: string;
  readonly cache?: string;
  readonly context?: number;
  readonly generated?: number;
  readonly batch?: number;
  readonly chunkSize?: number;
  readonly usdPerHour?: number;
  readonly contextDefault: number;
}

/** The record of a plan: a sequence that fills the context, an eighth of it generated where nothing else is said. */
export function planFor(
  found: NamedConfig,
  { context: asked, generated: answer, contextDefault, ...given }: PlanFor,
): WhatIfRecord {
  const context = asked ?? Math.min(contextDefault, normalizeConfig(found.config).contextLength);
  const generated = answer ?? Math.ceil(context / 8);
  if (generated > context)
    throw new UsageError(
      `plan --generated: expected at most the ${context} tokens of the context, got ${generated}. Raise --context.`,
    );
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  const options = {
    ...Object.fromEntries(named),
    config: found.config,
    context,
  } as WhatIfOptions;
  checkWhatIf(options);
  const tokens = { promptTokens: context - generated, generatedTokens: generated };
  return whatIfOf(tokens, found, options);
}
