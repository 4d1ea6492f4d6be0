import type { ModelAnatomy } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { type AnatomyState, anatomyText } from "./data.ts";
import { anatomyPicture } from "./staticPicture.ts";
import { anatomyTables } from "./tables.ts";

/** What tells its own anatomy; the engine's Model is one. */
export interface AnatomySource {
  anatomy(): ModelAnatomy;
}

/** A run, whose other pictures share the layer that is picked. */
export interface AnatomyRun {
  readonly id: string;
  readonly model: AnatomySource;
}

/**
 * A model drawn from its plan: what comes before the blocks, the blocks with those that are built alike folded into one, what comes
 * behind. Squares have the area of their parameters, and are full where one token meets them; each part opens into its operators,
 * with shapes in letters and numbers and the names of the sites there.
 * @param source a model, a run, or what `anatomyOf` makes of a config alone
 * @throws KernelError ERR_OPTION; TypeError for anything else
 */
export function anatomy(
  source: AnatomySource | AnatomyRun | ModelAnatomy,
  options: Readonly<Record<string, never>> = {},
): Picture<AnatomyState> {
  checkOptions("anatomy", options, {});
  const told = anatomyIn(source);
  return new Picture<AnatomyState>({
    name: "anatomy",
    esm: viewSource("anatomy"),
    state: {
      runId: "id" in source && typeof source.id === "string" ? source.id : crypto.randomUUID(),
      anatomy: told,
    },
    svg: () => anatomyPicture(told),
    text: () => anatomyText(told),
    tables: () => anatomyTables(told),
  });
}

function anatomyIn(source: AnatomySource | AnatomyRun | ModelAnatomy): ModelAnatomy {
  if (typeof source === "object" && source !== null) {
    if ("anatomy" in source && typeof source.anatomy === "function") return source.anatomy();
    if ("parts" in source && Array.isArray(source.parts)) return source;
    if ("model" in source && "anatomy" in source.model) return source.model.anatomy();
  }
  throw new TypeError(
    `anatomy: expected a model, a run or what anatomyOf gives, got ${typeof source === "string" ? JSON.stringify(source) : String(source)}. Of a config alone: anatomy(anatomyOf("deepseek-v3")).`,
  );
}
