import { describeValue } from "../render/describeValue.ts";
import type { TokenFeature } from "./data.ts";

/** Most numbers that travel to a page at once: 8 bytes each. */
const MOST_NUMBERS = 2 ** 17;

/** @throws TypeError for what is no list of features, or not one number for each token */
export function checkFeatures(features: readonly TokenFeature[], nTokens: number): void {
  if (!Array.isArray(features) || features.length === 0)
    throw new TypeError(
      `featureStrip: expected a list of features, got ${Array.isArray(features) ? "an empty one" : describeValue(features)}. Write [{ name, values }].`,
    );
  if (features.length * nTokens > MOST_NUMBERS)
    throw new TypeError(
      `featureStrip: expected at most ${MOST_NUMBERS} numbers, got ${features.length} features of ${nTokens} tokens. Pass fewer features.`,
    );
  const names = new Set<string>();
  for (const [i, { name, values }] of features.entries()) {
    if (typeof name !== "string" || name === "")
      throw new TypeError(
        `featureStrip: expected a name of feature ${i}, got ${JSON.stringify(name)}. Write { name, values }.`,
      );
    if (values?.length !== nTokens)
      throw new TypeError(
        `featureStrip: expected ${nTokens} values of ${name}, one for each token, got ${values?.length ?? "none"}. Fill the ones that are not there with NaN.`,
      );
    const at = Array.from(values).findIndex((value) => typeof value !== "number");
    if (at >= 0)
      throw new TypeError(
        `featureStrip: expected numbers of ${name}, got ${String(values[at])}. Write NaN where a token has none.`,
      );
    if (names.has(name))
      throw new TypeError(
        `featureStrip: expected different names, got ${JSON.stringify(name)} twice. Rename one.`,
      );
    names.add(name);
  }
}
