/** digits · 10^-scale */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** The shortest decimal that reads back as the number: what somebody wrote who typed a price. */
export function decimalOf(value: number): Decimal {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) };
}

/** The nearest number. */
export function numberOf({ digits, scale }: Decimal): number {
  return Number(`${digits}e${-scale}`);
}

export function times({ digits, scale }: Decimal, factor: number): Decimal {
  return { digits: digits * BigInt(factor), scale };
}

/** The decimal with its point moved to the right; to the left where `places` is negative. */
export function shifted({ digits, scale }: Decimal, places: number): Decimal {
  return { digits, scale: scale - places };
}

export function sum(terms: readonly Decimal[]): Decimal {
  const scale = Math.max(0, ...terms.map((term) => term.scale));
  const digits = terms.reduce(
    (all, term) => all + term.digits * 10n ** BigInt(scale - term.scale),
    0n,
  );
  return { digits, scale };
}
