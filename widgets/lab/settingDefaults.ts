type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keywords that lead to more defaults in ways that no schema of JupyterLab needs. */
const UNKNOWN = [
  "$recursiveRef",
  "$dynamicRef",
  "additionalItems",
  "dependencies",
  "dependentSchemas",
];

/** Thrown at what is not carried out here. */
class UnknownKeyword extends Error {}

/**
 * What ajv makes of `{}` with `useDefaults`: the settings of somebody who has changed none. Nothing is compiled for it, where
 * ajv writes and compiles a program for each schema. Numbers are not held against the schema.
 * @returns null where a schema says what is not known here
 */
export function defaultSettings(schema: Readonly<Record<string, unknown>>): JsonObject | null {
  const root = schema as JsonObject;
  const settings: JsonObject = {};
  try {
    fill(settings, root, root);
  } catch (error) {
    if (error instanceof UnknownKeyword) return null;
    throw error;
  }
  return settings;
}

/** Adds what a schema has defaults for, in ajv's order: what is referred to first, then the value's own members. */
function fill(data: Json, schema: Json | undefined, root: JsonObject): void {
  if (!isObject(schema)) return; // true and false have no defaults
  const unknown = UNKNOWN.find((keyword) => keyword in schema);
  if (unknown !== undefined) throw new UnknownKeyword(unknown);
  if (schema.$ref !== undefined) fill(data, referred(schema.$ref, root), root);
  if (Array.isArray(schema.allOf)) for (const part of schema.allOf) fill(data, part, root);
  if (Array.isArray(data)) fillItems(data, schema, root);
  else if (isObject(data)) fillMembers(data, schema, root);
}

function fillItems(data: Json[], { items }: JsonObject, root: JsonObject): void {
  if (Array.isArray(items)) throw new UnknownKeyword("items");
  for (const item of data) fill(item, items, root);
}

function fillMembers(data: JsonObject, schema: JsonObject, root: JsonObject): void {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const patterns = isObject(schema.patternProperties)
    ? Object.entries(schema.patternProperties).map(
        ([pattern, each]) => [new RegExp(pattern, "u"), each] as const,
      )
    : [];
  for (const [name, property] of Object.entries(properties)) {
    if (data[name] !== undefined || !isObject(property) || property.default === undefined) continue;
    data[name] = structuredClone(property.default);
  }
  for (const [name, value] of Object.entries(data)) {
    const matching = patterns.filter(([pattern]) => pattern.test(name));
    const isNamed = Object.hasOwn(properties, name);
    if (!isNamed && matching.length === 0) fill(value, schema.additionalProperties, root);
    if (isNamed) fill(value, properties[name], root);
    for (const [, each] of matching) fill(value, each, root);
  }
}

/** The part of a schema that `#/definitions/name` leads to. */
function referred(reference: Json, root: JsonObject): Json {
  const path = typeof reference === "string" ? /^#\/(.*)$/.exec(reference)?.[1] : undefined;
  if (path === undefined) throw new UnknownKeyword("$ref");
  let found: Json | undefined = root;
  for (const part of path.split("/")) found = isObject(found) ? found[part] : undefined;
  if (found === undefined) throw new UnknownKeyword("$ref");
  return found;
}
