import { interpolateRgb } from "d3";
import type { Theme } from "./theme.ts";

/** What is not finite has a grey that no number has. */
const LIGHT = { zero: "#f7f7f7", low: "#2166ac", high: "#b2182b", notFinite: "#d3d6db" };
const DARK = { zero: "#262b33", low: "#63b3f4", high: "#ff8577", notFinite: "#43484f" };

/** Colours for signed numbers, blue below zero and red above, as in pictures of arrays. @returns the colour at t in -1..1 */
export function divergingScale({ isDark }: Pick<Theme, "isDark">): (t: number) => string {
  const { zero, low, high, notFinite } = isDark ? DARK : LIGHT;
  const [down, up] = [interpolateRgb(zero, low), interpolateRgb(zero, high)];
  return (t) =>
    Number.isFinite(t) ? (t < 0 ? down(Math.min(1, -t)) : up(Math.min(1, t))) : notFinite;
}
