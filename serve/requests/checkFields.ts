import { Ajv, type ErrorObject, type SchemaObject } from "ajv";
import { nearest } from "../../engine/base/nearest.ts";
import { ApiError, fieldError } from "../apiError.ts";
import { NEUTRAL_FIELDS } from "./neutralFields.ts";

const ajv = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true, verbose: true });

/**
 * What checks the fields of a request: an unknown one, one that asks for what is not done here, and one of the wrong type are
 * refused by name. A field that is null counts as left out, as clients write it.
 * @returns the fields that are carried out
 */
export function fieldChecker<Fields>(
  properties: Readonly<Record<string, SchemaObject>>,
  required: readonly string[],
): (body: unknown) => Fields {
  const validate = ajv.compile({
    type: "object",
    properties,
    required,
    additionalProperties: true,
  });
  const known = [...Object.keys(properties), ...Object.keys(NEUTRAL_FIELDS)];
  return (body) => {
    if (typeof body !== "object" || body === null || Array.isArray(body))
      throw new ApiError(
        400,
        "request: expected a JSON object as its body, got something else. Send { ... }.",
      );
    const given = Object.entries(body).filter(([, value]) => value !== null);
    const fields: Record<string, unknown> = {};
    for (const [name, value] of given) {
      if (Object.hasOwn(properties, name)) fields[name] = value;
      else refuseUnlessNeutral(name, value, known);
    }
    if (!validate(fields)) throw wrongField(validate.errors?.[0] as ErrorObject);
    return fields as Fields;
  };
}

/** @throws ApiError unless the field, with this value, asks for nothing */
function refuseUnlessNeutral(name: string, value: unknown, known: readonly string[]): void {
  const neutral = NEUTRAL_FIELDS[name];
  if (neutral === undefined) {
    const [near] = nearest(name, known, 1);
    throw new ApiError(
      400,
      `${name}: expected a field of this endpoint, got one that it does not have. Did you mean ${near}? Otherwise leave it out: docs/serve.md lists them.`,
      { param: name, code: "unknown_parameter" },
    );
  }
  if (neutral.values === "any") return;
  const isNeutral = neutral.values.some((one) => JSON.stringify(one) === JSON.stringify(value));
  if (isNeutral) return;
  const expected =
    neutral.values.length === 0
      ? "none"
      : neutral.values.map((one) => JSON.stringify(one)).join(" or ");
  const shown = JSON.stringify(value);
  throw new ApiError(
    400,
    `${name}: expected ${expected}, got ${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}. ${neutral.asksFor}, which this server does not do. Leave the field out.`,
    { param: name, code: "unsupported_parameter" },
  );
}

function wrongField(error: ErrorObject): ApiError {
  const { keyword, params, instancePath, data } = error;
  const path = instancePath
    .slice(1)
    .split("/")
    .map((part, i) => (/^\d+$/.test(part) ? `[${part}]` : `${i === 0 ? "" : "."}${part}`))
    .join("");
  if (keyword === "required") {
    const name = [path, params.missingProperty].filter((part) => part !== "").join(".");
    return new ApiError(400, `${name}: expected it in the request, got nothing. Add the field.`, {
      ...{ param: name, code: "missing_required_parameter" },
    });
  }
  if (keyword === "additionalProperties") {
    const name = `${path}.${params.additionalProperty}`;
    const known = Object.keys((error.parentSchema?.properties as object) ?? {}).join(", ");
    return new ApiError(400, `${name}: expected one of ${known}, got another. Leave it out.`, {
      ...{ param: name, code: "unknown_parameter" },
    });
  }
  return fieldError(path, expectation(error), data, "Correct the field.");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function expectation({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case "type":
      return [params.type]
        .flat()
        .map((type) => TYPES[type] ?? type)
        .join(" or ");
    case "enum":
      return params.allowedValues.map((one: unknown) => JSON.stringify(one)).join(", ");
    case "minimum":
      return `at least ${params.limit}`;
    case "maximum":
      return `at most ${params.limit}`;
    case "exclusiveMinimum":
      return `above ${params.limit}`;
    case "minItems":
      return `at least ${params.limit} in the list`;
    case "maxItems":
      return `at most ${params.limit} in the list`;
    case "minLength":
      return "a text that is not empty";
    case "pattern":
    case "propertyNames":
      return "token ids as names";
    default:
      return `what ${message ?? keyword} says`;
  }
}
