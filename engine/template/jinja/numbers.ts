/** A float as Python writes it: `1.0`, `1e+16`, `1e-05`, `nan`. */
export function writeFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  if (value !== 0 && (Number(exponent) < -4 || Number(exponent) >= 16))
    return digits + exponentText(Number(exponent));
  const sign = Object.is(value, -0) ? "-" : "";
  return sign + (Number.isInteger(value) ? `${value}.0` : String(value));
}

/** `e+05` */
function exponentText(exponent: number): string {
  return `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A float of at least 0 as a fraction of whole numbers. */
function fraction(value: number): readonly [numerator: bigint, denominator: bigint] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const stored = (high >>> 20) & 0x7ff;
  const rest = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const mantissa = stored === 0 ? rest : rest | (1n << 52n);
  const exponent = Math.max(stored, 1) - 1075;
  return exponent >= 0 ? [mantissa << BigInt(exponent), 1n] : [mantissa, 1n << BigInt(-exponent)];
}

/** The nearest whole number; of two, the even one. */
function roundedHalfEven(numerator: bigint, denominator: bigint): bigint {
  const floor = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const isUp = twice > denominator || (twice === denominator && floor % 2n === 1n);
  return isUp ? floor + 1n : floor;
}

/** A finite float with so many digits behind the point, rounded exactly; for fewer than none, to tens and hundreds. */
export function fixed(value: number, digits: number): string {
  const [numerator, denominator] = fraction(Math.abs(value));
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (digits < 0) {
    const unit = 10n ** BigInt(-digits);
    return sign + (roundedHalfEven(numerator, denominator * unit) * unit).toString();
  }
  const scaled = roundedHalfEven(numerator * 10n ** BigInt(digits), denominator);
  const text = scaled.toString().padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Digits and exponent of a finite float of at least 0 in so many digits behind the first, rounded exactly. */
function scientificParts(value: number, digits: number): [digits: string, exponent: number] {
  if (value === 0) return ["0".repeat(digits + 1), 0];
  const [numerator, denominator] = fraction(value);
  const exponent = Number(value.toExponential().split("e")[1]);
  const shift = BigInt(Math.abs(digits - exponent));
  const scaled =
    digits >= exponent
      ? roundedHalfEven(numerator * 10n ** shift, denominator)
      : roundedHalfEven(numerator, denominator * 10n ** shift);
  const text = scaled.toString();
  return text.length > digits + 1 ? [text.slice(0, -1), exponent + 1] : [text, exponent];
}

/** As C's %e. */
export function scientific(value: number, digits: number): string {
  const [text, exponent] = scientificParts(Math.abs(value), digits);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const rest = text.slice(1);
  return `${sign}${text[0]}${rest && `.${rest}`}${exponentText(exponent)}`;
}

/** As C's %g: the shorter of the two forms, without zeros at its end. */
export function general(value: number, precision: number): string {
  const digits = Math.max(precision, 1);
  const [, exponent] = scientificParts(Math.abs(value), digits - 1);
  const trimmed = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < digits) return trimmed(fixed(value, digits - 1 - exponent));
  const [mantissa = "", power = ""] = scientific(value, digits - 1).split("e");
  return `${trimmed(mantissa)}e${power}`;
}

/** `round(value, digits)` of an int: to tens and hundreds for fewer than none. */
export function roundInteger(value: bigint, digits: number): bigint {
  if (digits >= 0) return value;
  const unit = 10n ** BigInt(-digits);
  const rounded = roundedHalfEven(value < 0n ? -value : value, unit) * unit;
  return value < 0n ? -rounded : rounded;
}
