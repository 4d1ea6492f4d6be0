import type { AttentionTile } from "../../operators.ts";
import { NEGATIVE_INFINITY_BITS } from "./math.ts";

/**
 * The statements that end a function which has a cell's product in `dot0`, its head in `head` and its query and head in `place`:
 * the score, or its part of the pattern. With a temperature of 1 the exponent stands as it does without temperatures, so that a
 * compiler that fuses the product and the difference does so in both. Needs EXP for patterns, and what headEdits gives.
 */
export function valueOfCell({
  mode,
  scale,
  temperatures,
}: Pick<AttentionTile, "mode" | "scale" | "temperatures">): string {
  const score = `dot0 * ${scale}`;
  if (mode === "scores") return `return ${temperatures ? `softened(${score}, head)` : score};`;
  const exponent = temperatures
    ? `select(softened(${score}, head) - lse(place), ${score} - lse(place), temperatures(head) == 1.0)`
    : `${score} - lse(place)`;
  return `if (bitcast<u32>(lse(place)) == ${NEGATIVE_INFINITY_BITS}) { return 0.0; }
  return expF32(${exponent});`;
}
