import { InputError } from "../../engine/base/errors.ts";
import { type Parameter, type ParameterType, typeText } from "./parameters.ts";

/** JSON's numbers, with what people also write: `.5`, `+1`, `1e6`, `1_000`. */
const NUMBER = /^[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The value that a text of the command line stands for. Strings are the text itself, lists are JSON.
 * @throws InputError ERR_PARAMETER where the text is not of the parameter's type
 */
export function parameterValue({ name, type }: Parameter, text: string): unknown {
  const value = read(type, text);
  if (value === undefined || !fits(type, value))
    throw new InputError(
      "ERR_PARAMETER",
      `run: expected --set ${name}=<${typeText(type)}>, got ${JSON.stringify(text)}. Give a value of that type${type.kind === "list" ? ", written as JSON" : ""}.`,
    );
  return value;
}

function read(type: ParameterType, text: string): unknown {
  if (type.kind === "string") return text;
  if (type.kind === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (type.kind === "number")
    return NUMBER.test(text) ? Number(text.replaceAll("_", "")) : undefined;
  if (type.kind === "oneOf")
    return type.values.find((value) => String(value) === text || value === numberOf(text));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const numberOf = (text: string): number | null =>
  NUMBER.test(text) ? Number(text.replaceAll("_", "")) : null;

function fits(type: ParameterType, value: unknown): boolean {
  if (type.kind === "json") return true;
  if (type.kind === "oneOf") return type.values.includes(value as never);
  if (type.kind === "list")
    return Array.isArray(value) && value.every((element) => fits(type.of, element));
  return typeof value === type.kind && (type.kind !== "number" || Number.isFinite(value));
}
