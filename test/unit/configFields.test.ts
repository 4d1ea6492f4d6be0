import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ARCHITECTURES } from "../../engine/model/architectures/table.ts";
import { CONFIG_FIELDS, configField } from "../../engine/model/configFields.ts";
import type { JsonObject } from "../../engine/model/configReader.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";

/** What transformers' class says: test/fixtures/configs/make_configs.py. */
interface ConfigClass {
  readonly fields: JsonObject;
  readonly default_theta: number;
  readonly aliases: Readonly<Record<string, string>>;
  readonly rope_parameters: JsonObject | null;
}

const url = new URL("../fixtures/configs/classes.json", import.meta.url);
const classes: { base: string[]; families: Record<string, ConfigClass> } = JSON.parse(
  readFileSync(url, "utf8"),
);
/** Kimi K2 is DeepSeek-V3 under another name. */
const classOf = (family: string): ConfigClass | undefined =>
  classes.families[family === "kimi_k2" ? "deepseek_v3" : family];

/** Configs that lead through every branch of a family's reading. */
const PROBES: readonly JsonObject[] = [
  {},
  { use_sliding_window: true },
  { topk_method: "group_limited_greedy", n_group: 1, topk_group: 1 },
  { rope_scaling: { rope_type: "yarn", factor: 2 } },
];

/** The fields of config.json that the family's reading asks for. */
function fieldsRead(family: string): Set<string> {
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

/** What the weights were saved in, which a model's record tells. */
const READ_FOR_SHOW = ["dtype", "torch_dtype"];
/** Read by the tokenizer and by generation, not by the forward pass. */
const READ_ELSEWHERE = ["bos_token_id", "eos_token_id"];

for (const [family, architecture] of ARCHITECTURES) {
  const known = classOf(family);
  describe(`config.json of ${family}`, () => {
    test("has the defaults of transformers' class for every field that is read", () => {
      assert.ok(known, "the class is not in the fixture");
      const { rope_parameters, rope_theta, ...defaults } = architecture.defaults;
      if (family !== "gpt2") assert.equal(rope_theta, known.default_theta);
      for (const [name, value] of Object.entries(defaults)) {
        const field: string = Object.hasOwn(known.fields, name)
          ? name
          : (known.aliases[name] ?? name);
        assert.ok(Object.hasOwn(known.fields, field), `${name} is no field of the class`);
        assert.deepEqual(value, known.fields[field], name);
      }
      if (rope_parameters !== undefined)
        assert.deepEqual({ ...(rope_parameters as object), rope_theta }, known.rope_parameters);
      for (const name of fieldsRead(family)) {
        if (Object.hasOwn(architecture.aliases, name)) continue;
        const value: unknown = known.fields[name] ?? null;
        if (value !== null && !READ_ELSEWHERE.includes(name))
          assert.deepEqual(architecture.defaults[name], value, `${name} has no default`);
      }
    });

    test("has the other names of fields that the class has", () => {
      for (const [alias, field] of Object.entries(known?.aliases ?? {})) {
        const aliases = { ...architecture.aliases };
        assert.ok(aliases[alias] === field || aliases[field] === alias, `${alias} for ${field}`);
      }
    });

    test("has no field of which nobody says what becomes of it", () => {
      const read = new Set([...fieldsRead(family), ...READ_ELSEWHERE]);
      for (const name of [...Object.keys(known?.fields ?? {}), ...classes.base, ...read]) {
        if (READ_FOR_SHOW.includes(name)) continue;
        const isAlias = Object.hasOwn(architecture.aliases, name);
        const field = configField(name, family) ?? (isAlias ? "an alias" : undefined);
        assert.ok(field, `${name} is not listed`);
        if (field === "an alias") continue;
        const counts = read.has(name) || Object.values(known?.aliases ?? {}).includes(name);
        assert.equal(field.fate !== "no effect", counts, `${name}: ${field.fate}`);
      }
    });
  });
}

test("no field is listed that no family reads or knows", () => {
  const families = [...ARCHITECTURES.keys()];
  const read = new Set(families.flatMap((family) => [...fieldsRead(family), ...READ_ELSEWHERE]));
  for (const { name, fate } of CONFIG_FIELDS)
    if (fate !== "no effect") assert.ok(read.has(name), `${name} is never read`);
});
