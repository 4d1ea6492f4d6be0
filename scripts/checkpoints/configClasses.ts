import { readFileSync } from "node:fs";
import type { JsonObject } from "../../engine/base/json.ts";
import { ARCHITECTURES } from "../../engine/model/architectures/table.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";

/** What transformers' class says: test/fixtures/configs/make_configs.py. */
interface ConfigClass {
  readonly fields: JsonObject;
  /** Base of the rotary frequencies. */
  readonly default_theta: number;
  readonly aliases: Readonly<Record<string, string>>;
  readonly rope_parameters: JsonObject | null;
}

const url = new URL("../../test/fixtures/configs/classes.json", import.meta.url);
const classes: { base: string[]; families: Record<string, ConfigClass> } = JSON.parse(
  readFileSync(url, "utf8"),
);

/** Fields that the class of every family has. */
export const BASE_FIELDS: readonly string[] = classes.base;

/** Kimi K2 is DeepSeek-V3 under another name, and has no class of its own. */
export function classOf(family: string): ConfigClass | undefined {
  return classes.families[family === "kimi_k2" ? "deepseek_v3" : family];
}

/** Read by the tokenizer and by generation, not by the forward pass. */
export const READ_ELSEWHERE: readonly string[] = ["bos_token_id", "eos_token_id"];

/** Configs that lead through every branch of a family's reading. */
const PROBES: readonly JsonObject[] = [
  {},
  { head_dim: 64 },
  { use_sliding_window: true },
  { topk_method: "group_limited_greedy", n_group: 1, topk_group: 1 },
  { rope_scaling: { rope_type: "yarn", factor: 2 } },
];

/** The fields of config.json that the family's reading asks for. */
export function fieldsRead(family: string): Set<string> {
  const read = new Set<string>();
  for (const probe of PROBES) {
    const raw = new Proxy<JsonObject>(
      { model_type: family, num_experts_per_tok: 2, ...probe },
      {
        getOwnPropertyDescriptor(target, key) {
          read.add(String(key));
          return Reflect.getOwnPropertyDescriptor(target, key);
        },
      },
    );
    try {
      normalizeConfig(raw);
    } catch {
      // a probe that is none of this family's; what it read still counts
    }
  }
  return read;
}

/** Families whose class has the field, or whose reading asks for it. */
export function familiesKnowing(name: string): string[] {
  return [...ARCHITECTURES.keys()].filter(
    (family) =>
      BASE_FIELDS.includes(name) ||
      Object.hasOwn(classOf(family)?.fields ?? {}, name) ||
      fieldsRead(family).has(name),
  );
}
