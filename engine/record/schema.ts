import { isObject } from "../base/json.ts";
import { malformed, shown } from "./recordErrors.ts";

/** Holds a value of a record against its form. @throws RecordError ERR_RECORD, which names the place */
export type Check = (value: unknown, place: string) => void;

/** What every refusal ends with. */
export const DAMAGED =
  "The record is damaged, or was not written by this engine; save the run again.";

function refuse(place: string, expected: string, value: unknown): never {
  throw malformed(place, { expected, got: shown(value), fix: DAMAGED });
}

const simple =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value, place) => {
    if (!holds(value)) refuse(place, expected, value);
  };

export const text = simple("a text", (value) => typeof value === "string");
export const flag = simple("true or false", (value) => typeof value === "boolean");
export const anything: Check = () => undefined;
export const number = simple("a finite number", Number.isFinite);
export const sha256 = simple(
  "a sha256 of 64 hexadecimal digits",
  (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
);

export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  simple(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  );

export const oneOf = (...choices: readonly (string | number)[]): Check =>
  simple(choices.map(shown).join(" or "), (value) => choices.includes(value as string));

export const nullable =
  (check: Check): Check =>
  (value, place) => {
    if (value !== null) check(value, place);
  };

export const list =
  (check: Check, length?: number): Check =>
  (value, place) => {
    if (!Array.isArray(value)) refuse(place, "a list", value);
    if (length !== undefined && value.length !== length)
      refuse(place, `a list of ${length}`, value);
    value.forEach((item, i) => {
      check(item, `${place}[${i}]`);
    });
  };

/** Of any names; each value is checked. */
export const named =
  (check: Check): Check =>
  (value, place) => {
    if (!isObject(value)) refuse(place, "an object", value);
    for (const [name, item] of Object.entries(value)) check(item, `${place}.${name}`);
  };

type Fields = Readonly<Record<string, Check>>;

/** Of these fields, `optional` ones besides, and no others. */
export const object =
  (fields: Fields, optional: Fields = {}): Check =>
  (value, place) => {
    if (!isObject(value)) refuse(place, "an object", value);
    const unknown = Object.keys(value).find(
      (name) => !Object.hasOwn(fields, name) && !Object.hasOwn(optional, name),
    );
    if (unknown !== undefined)
      refuse(
        place,
        `no fields but ${[...Object.keys(fields), ...Object.keys(optional)].join(", ")}`,
        unknown,
      );
    for (const [name, check] of Object.entries(fields))
      if (Object.hasOwn(value, name)) check(value[name], `${place}.${name}`);
      else refuse(`${place}.${name}`, "the field", undefined);
    for (const [name, check] of Object.entries(optional))
      if (Object.hasOwn(value, name)) check(value[name], `${place}.${name}`);
  };

/** An object whose `kind` says which form it has. */
export const byKind =
  (forms: Readonly<Record<string, Fields>>): Check =>
  (value, place) => {
    if (!isObject(value)) refuse(place, "an object", value);
    const { kind } = value;
    const form = typeof kind === "string" && Object.hasOwn(forms, kind) ? forms[kind] : undefined;
    if (form === undefined)
      refuse(`${place}.kind`, Object.keys(forms).map(shown).join(" or "), kind);
    object({ kind: anything, ...form })(value, place);
  };
