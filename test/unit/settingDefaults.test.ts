import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import { readLabPackages } from "../../scripts/build/lab/labPackages.ts";
import { defaultSettings } from "../../widgets/lab/settingDefaults.ts";

type Schema = Readonly<Record<string, unknown>>;

/** What JupyterLab's own validator makes of settings that nobody has changed, and what it finds wrong. */
function byAjv(schema: Schema): { settings: unknown; errors: unknown } {
  const { $schema: _, $id: __, ...rest } = schema;
  const settings = {};
  const compose = new Ajv({
    useDefaults: true,
    strict: false,
    validateFormats: false,
    logger: false,
  }).compile(rest);
  compose(settings);
  return { settings, errors: compose.errors };
}

test("the defaults of every plugin in the workspace are those that ajv gives, which its schema allows", () => {
  const entries = Object.entries(readLabPackages().schemas) as [string, { schema: Schema }][];
  assert.ok(entries.length > 50);
  let nDefaults = 0;
  for (const [id, { schema }] of entries) {
    const { settings, errors } = byAjv(schema);
    assert.equal(errors, null, id);
    const found = defaultSettings(schema);
    assert.deepEqual(found, settings, id);
    nDefaults += Object.keys(found ?? {}).length;
  }
  assert.ok(nDefaults > 100, `${nDefaults} defaults`);
});

const DEFINITIONS = {
  place: { type: "object", properties: { rank: { default: 7 }, label: { type: "string" } } },
};
const place = { $ref: "#/definitions/place" };

for (const [what, properties] of [
  [
    "members of a default",
    { a: { default: { b: 1 }, properties: { b: { default: 2 }, c: { default: [3] } } } },
  ],
  ["what is referred to, in a list", { a: { default: [{}, { rank: 1 }], items: place } }],
  [
    "other members, by pattern and by none",
    {
      a: {
        default: { "x-1": {}, y: {} },
        patternProperties: { "^x-": place },
        additionalProperties: { properties: { z: { default: 0 } } },
      },
    },
  ],
  [
    "all of several",
    { a: { default: {}, allOf: [place, { properties: { also: { default: null } } }] } },
  ],
  [
    "none under a choice",
    { a: { default: {}, oneOf: [place, { type: "string" }], anyOf: [place] } },
  ],
  [
    "none under a condition",
    {
      a: {
        default: {},
        not: { type: "null", properties: { n: { default: 1 } } },
        if: place,
        else: place,
      },
    },
  ],
  ["a list where an object could be", { a: { default: [1], properties: { b: { default: 1 } } } }],
] as const)
  test(`defaults: ${what}`, () => {
    const schema = { type: "object", definitions: DEFINITIONS, properties };
    const { settings, errors } = byAjv(schema);
    assert.equal(errors, null);
    assert.deepEqual(defaultSettings(schema), settings);
  });

test("a default is a copy: what changes settings changes no schema", () => {
  const schema = { type: "object", properties: { a: { default: { b: [1] } } } };
  const first = defaultSettings(schema) as { a: { b: number[] } };
  first.a.b.push(2);
  assert.deepEqual(defaultSettings(schema), { a: { b: [1] } });
});

for (const [keyword, schema] of [
  ["a reference to elsewhere", { $ref: "https://example.org/schema" }],
  ["a reference to nothing", { $ref: "#/definitions/nothing" }],
  ["dependencies", { dependencies: { b: place } }],
  ["a schema for each item", { items: [place] }],
] as const)
  test(`${keyword} is left to ajv`, () => {
    const properties = { a: { default: [{}], ...schema } };
    assert.equal(defaultSettings({ type: "object", definitions: DEFINITIONS, properties }), null);
  });
