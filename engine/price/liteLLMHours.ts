import { InputError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { OffPeakHours } from "../trace/schema.ts";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/**
 * The hours of LiteLLM's `off_peak_pricing`: `hours_utc` of every day, and `windows` with hours and days of their own.
 * @throws InputError ERR_PRICES
 */
export function readHours(at: string, block: JsonObject): OffPeakHours[] {
  const daily = block.hours_utc === undefined ? [] : spans(`${at}.hours_utc`, block.hours_utc);
  const windows = block.windows ?? [];
  if (!Array.isArray(windows)) throw refusal(`${at}.windows`, "a list", windows);
  const hours = [
    ...daily.map((span) => ({ ...span, days: null })),
    ...windows.flatMap((window: JsonObject | null, i) => {
      const here = `${at}.windows[${i}]`;
      const days = daysOf(`${here}.weekdays`, window?.weekdays);
      return spans(`${here}.hours_utc`, window?.hours_utc).map((span) => ({ ...span, days }));
    }),
  ];
  if (hours.length === 0) throw refusal(at, "hours_utc or windows", block);
  return hours;
}

function spans(at: string, given: unknown): Pick<OffPeakHours, "fromUtc" | "untilUtc">[] {
  const texts: unknown[] = Array.isArray(given) ? given : [given];
  return texts.map((text) => {
    const [, fromUtc, untilUtc] = /^\s*(\d\d:\d\d)-(\d\d:\d\d)\s*$/.exec(String(text)) ?? [];
    if (fromUtc === undefined || untilUtc === undefined) throw refusal(at, '"HH:MM-HH:MM"', text);
    return { fromUtc, untilUtc };
  });
}

/** Numbers from 1 (Monday), or names of which the first three letters count. */
function daysOf(at: string, given: unknown): number[] | null {
  if (given === undefined || given === null) return null;
  if (!Array.isArray(given)) throw refusal(at, "a list of days", given);
  return given.map((day: unknown) => {
    const named =
      typeof day === "string" ? WEEKDAYS.indexOf(day.slice(0, 3).toLowerCase()) + 1 : day;
    if (!Number.isInteger(named) || Number(named) < 1 || Number(named) > 7)
      throw refusal(at, "days from 1 (Monday) to 7, or their names", day);
    return Number(named);
  });
}

function refusal(at: string, expected: string, got: unknown): InputError {
  return new InputError(
    "ERR_PRICES",
    `importLiteLLM${at}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 80)}. Download the file again.`,
  );
}
