import { format } from "d3";

/** The shortest decimal that reads back as the same f32: every digit it has, and none it has not. */
export function exactF32(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : value < 0 ? "−∞" : "NaN";
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
}

/** Numbers to read, at most so many digits, whole ones with all of theirs: "−0.0447908", "+∞". What is copied or exported has every digit. */
export function shortNumber(value: number, digits = 6): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  const size = Math.abs(value);
  const text = String(Number.isSafeInteger(size) ? size : Number(size.toPrecision(digits)));
  return value < 0 ? `−${text}` : text;
}

const siDigits = format(".3~s");

/** 1234567 -> "1.23 M"; 1e9 is G, as FLOP and byte counts have it. */
export function siNumber(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) < 1) return value.toPrecision(3);
  const text = siDigits(value).replace("k", "k");
  return text.replace(/([a-zA-Zµ])$/, " $1");
}

/** Bytes in powers of 1000, as bandwidths are given: "70.3 kB". */
export function byteCount(bytes: number): string {
  return bytes < 1000 ? `${Math.round(bytes)} B` : `${siNumber(bytes)}B`;
}

/** FLOP counts: "36.6 GFLOP". */
export function flopCount(flops: number): string {
  return flops < 1000 ? `${Math.round(flops)} FLOP` : `${siNumber(flops)}FLOP`;
}

/** Milliseconds with three digits; "not measured" where nothing was timed. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return "not measured";
  return ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : `${Number(ms.toPrecision(3))} ms`;
}

/** An amount with three digits, however small, in its currency: "$0.00000476", "CN¥0.0032". */
export function money(amount: number, currency: string): string {
  const decimals = Math.max(2, 2 - Math.floor(Math.log10(Math.abs(amount) || 100)));
  return inCurrency(currency, amount === 0 ? 0 : Math.min(decimals, 20)).format(amount);
}

/** A millionth of a currency: "µ$". */
export function millionthOf(currency: string): string {
  const parts = inCurrency(currency, 0).formatToParts(0);
  return `µ${parts.find(({ type }) => type === "currency")?.value ?? currency}`;
}

function inCurrency(currency: string, decimals: number): Intl.NumberFormat {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    useGrouping: false,
    ...digits,
  });
}

/** 0.1234 -> "12.3 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share !== 0 && Math.abs(share) < 0.001 ? 3 : 1)} %`;
}
