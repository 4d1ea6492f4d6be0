const STEPS = 256;
const NATS_PER_STEP_HIGH = Math.round((Math.LN2 / STEPS) * 2 ** 38) / 2 ** 38; // 30 bits
const NATS_PER_STEP_LOW = -1.6409824502660487e-13; // ln 2 / 256 minus the above
const STEPS_PER_NAT = STEPS / Math.LN2;
/** Below it e^x is 0 in float64. */
const LEAST = -745.2;

/** 2^(-i/256). */
export const fractions = Float64Array.from({ length: STEPS }, (_, i) => 2 ** (-i / STEPS));
/** 2^-i, as far as float64 has them. */
export const wholes = Float64Array.from({ length: 1077 }, (_, i) => 2 ** -i);

/**
 * e^x for x <= 0, within 4e-15 of the value; exactly 1 at 0. Several times as fast as Math.exp, and the same bits on
 * every JavaScript engine, which Math.exp does not promise: sampling weighs each token of the vocabulary with it.
 * x = -(k ln 2 / 256) + r with |r| <= ln 2 / 512; 2^(-k/256) comes from tables, e^r from its Taylor series.
 */
export function expNonPositive(x: number): number {
  if (x < LEAST) return 0;
  const k = (0.5 - x * STEPS_PER_NAT) | 0;
  const r = x + k * NATS_PER_STEP_HIGH + k * NATS_PER_STEP_LOW;
  const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24))));
  return series * (fractions[k & 255] as number) * (wholes[k >> 8] as number);
}
