import { KernelError } from "../../errors.ts";
import type { WireForm } from "../widgetModel.ts";

type Fields = Readonly<Partial<Record<(typeof FIELDS)[number], number>>>;

const FIELDS = ["year", "month", "date", "hours", "minutes", "seconds", "milliseconds"] as const;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3}))?)?$/;

/** A `Date` at midnight UTC, as `new Date("2024-01-31")` is; the front end's months start at 0, too. */
export const dateForm: WireForm = {
  toWire(value) {
    const [year, month, date] = utcFields(value);
    return value === null ? null : { year, month, date };
  },
  fromWire: (wire) => dateOf(wire, fromUtc),
};

/** A moment: a `Date`, whose UTC fields travel. */
export const datetimeForm: WireForm = {
  toWire: (value) => named(value, utcFields(value)),
  fromWire: (wire) => dateOf(wire, fromUtc),
};

/** What a clock and a calendar show, wherever that is: a `Date`, whose local fields travel. */
export const naiveDatetimeForm: WireForm = {
  toWire: (value) => named(value, localFields(value)),
  fromWire: (wire) => dateOf(wire, fromLocal),
};

/** Text as in an input of HTML: "16:30", "16:30:05", "16:30:05.250". */
export const timeForm: WireForm = {
  toWire(value) {
    if (value === null) return null;
    const parts = typeof value === "string" ? TIME.exec(value) : null;
    if (parts === null) throw wrongValue(`null or a time such as "16:30"`, value);
    const [, hours, minutes, seconds = "0", fraction = "0"] = parts;
    return {
      hours: Number(hours),
      minutes: Number(minutes),
      seconds: Number(seconds),
      milliseconds: Number(fraction.padEnd(3, "0")),
    };
  },
  fromWire(wire) {
    if (typeof wire !== "object" || wire === null) return null;
    const { hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = wire as Fields;
    const digits = (count: number, length = 2): string => String(count).padStart(length, "0");
    const second = seconds > 0 || milliseconds > 0 ? `:${digits(seconds)}` : "";
    const fraction = milliseconds > 0 ? `.${digits(milliseconds, 3)}` : "";
    return `${digits(hours)}:${digits(minutes)}${second}${fraction}`;
  },
};

function utcFields(value: unknown): number[] {
  const date = checked(value);
  return [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  ];
}

function localFields(value: unknown): number[] {
  const date = checked(value);
  return [
    date.getFullYear(),
    date.getMonth(),
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
    date.getMilliseconds(),
  ];
}

/** Any date stands for null, whose fields nobody reads. */
function checked(value: unknown): Date {
  const date = value === null ? new Date(0) : value;
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
  throw wrongValue("null or a valid Date", value);
}

function named(value: unknown, fields: readonly number[]): Fields | null {
  return value === null ? null : Object.fromEntries(FIELDS.map((name, i) => [name, fields[i]]));
}

function dateOf(wire: unknown, build: (...fields: number[]) => Date): Date | null {
  if (typeof wire !== "object" || wire === null) return null;
  return build(...FIELDS.map((name) => (wire as Fields)[name] ?? 0));
}

// Neither `Date.UTC` nor `new Date` takes the years before 100 for what they are.
function fromUtc(year = 0, month = 0, day = 0, ...time: number[]): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  date.setUTCHours(...(time as [number]));
  return date;
}

function fromLocal(year = 0, month = 0, day = 0, ...time: number[]): Date {
  const date = new Date(0);
  date.setFullYear(year, month, day);
  date.setHours(...(time as [number]));
  return date;
}

function wrongValue(contract: string, value: unknown): KernelError {
  return new KernelError(
    "ERR_WIDGET_VALUE",
    `control: expected ${contract}, got ${String(value)}. Dates and times of controls have these types.`,
  );
}
