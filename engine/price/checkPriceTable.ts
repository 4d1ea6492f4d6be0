import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { OffPeakHours, PriceTable, TokenPrices } from "../trace/schema.ts";

/** @throws InputError ERR_PRICE_TABLE, beginning with `what`, where the value is no price list */
export function checkPriceTable(what: string, value: unknown): asserts value is PriceTable {
  const fault = priceTableFault(value);
  if (fault !== null) throw new InputError("ERR_PRICE_TABLE", `${what}${fault}`);
}

/** What is wrong with a value that should be a price list: its field, what was expected, what was got; null where it is one. */
export function priceTableFault(value: unknown): string | null {
  if (!isObject(value))
    return `: expected a price list, got ${shown(value)}. Take one of PRICES, or write { name, source, date, currency, perMillion, offPeak, maxInputTokens }.`;
  const old = Object.keys(value).find((name) => name.startsWith("usdPerMTok"));
  if (old !== undefined)
    return `: expected a price list with its prices under perMillion, got one with ${old}, as they once were. Write currency: "USD", perMillion: { input, cachedInput, output, reasoning: null }, and offPeak: null, maxInputTokens: null.`;
  for (const field of ["name", "source"] as const)
    if (typeof value[field] !== "string" || value[field] === "")
      return fault(
        `.${field}`,
        "text",
        value[field],
        "Say what the list is and where it was read.",
      );
  if (typeof value.date !== "string" || !isDate(value.date))
    return fault(".date", "YYYY-MM-DD or YYYY-MM", value.date, "Say when the prices held.");
  if (typeof value.currency !== "string" || !/^[A-Z]{3}$/.test(value.currency))
    return fault(".currency", 'three letters such as "USD"', value.currency, "See ISO 4217.");
  const { maxInputTokens: most } = value;
  if (most !== null && !(Number.isSafeInteger(most) && (most as number) > 0))
    return fault(".maxInputTokens", "a whole number above 0, or null", most, "Null: no limit.");
  return pricesFault(".perMillion", value.perMillion) ?? offPeakFault(value.offPeak);
}

function offPeakFault(value: unknown): string | null {
  if (value === null) return null;
  if (!isObject(value))
    return fault(".offPeak", "{ hours, perMillion } or null", value, "Null: one price all day.");
  const { hours } = value;
  if (!Array.isArray(hours) || hours.length === 0)
    return fault(".offPeak.hours", "a list of hours", hours, "Without any, write offPeak: null.");
  for (const [i, item] of hours.entries()) {
    const at = `.offPeak.hours[${i}]`;
    const { fromUtc, untilUtc, days } = (isObject(item) ? item : {}) as Partial<OffPeakHours>;
    for (const [name, time] of Object.entries({ fromUtc, untilUtc }))
      if (typeof time !== "string" || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
        return fault(`${at}.${name}`, '"HH:MM" in UTC', time, 'Write "16:30".');
    const isDay = (day: unknown) => Number.isInteger(day) && Number(day) >= 1 && Number(day) <= 7;
    if (days !== null && !(Array.isArray(days) && days.length > 0 && days.every(isDay)))
      return fault(`${at}.days`, "days from 1 (Monday) to 7, or null", days, "Null: every day.");
  }
  return pricesFault(".offPeak.perMillion", value.perMillion);
}

/** Which of the prices may be null. */
const PRICES: Readonly<Record<keyof TokenPrices, boolean>> = {
  input: false,
  cachedInput: true,
  output: false,
  reasoning: true,
};

function pricesFault(what: string, value: unknown): string | null {
  if (!isObject(value))
    return fault(what, "{ input, cachedInput, output, reasoning }", value, "Write all four.");
  for (const [name, mayBeNull] of Object.entries(PRICES)) {
    const price = value[name];
    const isPrice = typeof price === "number" && Number.isFinite(price) && price >= 0;
    if (!isPrice && !(mayBeNull && price === null))
      return fault(
        `${what}.${name}`,
        `a number of at least 0${mayBeNull ? ", or null" : ""}`,
        price,
        "Give what a million tokens cost, in the list's currency.",
      );
  }
  const wrong = Object.keys(value).find((name) => !Object.hasOwn(PRICES, name));
  return wrong === undefined
    ? null
    : fault(what, `${Object.keys(PRICES).join(", ")} alone`, wrong, "Leave it out.");
}

function isDate(text: string): boolean {
  const [, month] = /^\d{4}-(\d\d)(-\d\d)?$/.exec(text) ?? [];
  if (month === undefined) return false;
  const day = text.length === 7 ? `${text}-01` : text;
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}

function fault(field: string, expected: string, got: unknown, fix: string): string {
  return `${field}: expected ${expected}, got ${shown(got)}. ${fix}`;
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : String(JSON.stringify(value)?.slice(0, 80));
}
