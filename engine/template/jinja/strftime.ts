import { UnsupportedByUs } from "./templateErrors.ts";

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/**
 * Python's strftime with the names of the C locale, in local time. A hyphen drops the zeros in front: `%-d`.
 * @throws UnsupportedByUs for a code that is not here
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([\s\S]?)/gu, (code, hyphen: string, letter: string) => {
    const [value, width] = NUMBERS[letter]?.(date) ?? [];
    if (value !== undefined) return String(value).padStart(hyphen ? 1 : (width ?? 1), "0");
    const name = hyphen ? undefined : NAMES[letter]?.(date);
    if (name === undefined) throw new UnsupportedByUs(`${code} in a date`);
    return name;
  });
}

const NUMBERS: Readonly<Record<string, (date: Date) => readonly [number, number]>> = {
  Y: (date) => [date.getFullYear(), 1],
  y: (date) => [date.getFullYear() % 100, 2],
  m: (date) => [date.getMonth() + 1, 2],
  d: (date) => [date.getDate(), 2],
  H: (date) => [date.getHours(), 2],
  I: (date) => [date.getHours() % 12 || 12, 2],
  M: (date) => [date.getMinutes(), 2],
  S: (date) => [date.getSeconds(), 2],
  j: (date) => [dayOfYear(date), 3],
  w: (date) => [date.getDay(), 1],
};

const NAMES: Readonly<Record<string, (date: Date) => string>> = {
  B: (date) => MONTHS[date.getMonth()] as string,
  b: (date) => (MONTHS[date.getMonth()] as string).slice(0, 3),
  A: (date) => DAYS[date.getDay()] as string,
  a: (date) => (DAYS[date.getDay()] as string).slice(0, 3),
  p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
  F: (date) => strftime(date, "%Y-%m-%d"),
  T: (date) => strftime(date, "%H:%M:%S"),
  R: (date) => strftime(date, "%H:%M"),
  D: (date) => strftime(date, "%m/%d/%y"),
  e: (date) => String(date.getDate()).padStart(2),
  f: (date) => String(date.getMilliseconds() * 1000).padStart(6, "0"),
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};

function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (day - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000 + 1;
}
