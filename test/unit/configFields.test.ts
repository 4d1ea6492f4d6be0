import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ARCHITECTURES } from "../../engine/model/architectures/table.ts";
import { CONFIG_FIELDS, configField } from "../../engine/model/configFields.ts";
import {
  BASE_FIELDS,
  classOf,
  fieldsRead,
  READ_ELSEWHERE,
} from "../../scripts/checkpoints/configClasses.ts";

/** What the weights were saved in, which a model's record tells. */
const READ_FOR_SHOW = ["dtype", "torch_dtype"];
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
      for (const name of [...Object.keys(known?.fields ?? {}), ...BASE_FIELDS, ...read]) {
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
