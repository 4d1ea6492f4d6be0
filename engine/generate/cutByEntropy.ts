/** Shannon entropy in nats of the distribution that these weights, all above 0, are of. */
export function entropyOf(weights: Float64Array, total: number): number {
  let entropy = 0;
  for (const weight of weights) entropy -= (weight / total) * Math.log(weight / total);
  return entropy;
}

/**
 * Top-H: how many of the likeliest tokens have no more than `share` of the entropy of all of these, at least one.
 * @param weights descending, above 0
 * @see arXiv:2509.02510
 */
export function entropyHead(weights: Float64Array, total: number, share: number): number {
  const budget = share * entropyOf(weights, total);
  let spent = 0;
  let count = 0;
  for (const weight of weights) {
    spent -= (weight / total) * Math.log(weight / total);
    if (spent > budget) break;
    count += 1;
  }
  return Math.max(1, count);
}

/**
 * Typical sampling: how far a token's surprise may be from the entropy, so that the tokens within have at least the share
 * `mass` of the weight.
 * @param weights above 0
 * @see arXiv:2202.00666
 */
export function typicalDistance(weights: Float64Array, total: number, mass: number): number {
  const entropy = entropyOf(weights, total);
  const distances = weights.map((weight) => distanceFrom(entropy, weight / total));
  const nearestFirst = [...weights.keys()].sort(
    (a, b) => (distances[a] as number) - (distances[b] as number) || a - b,
  );
  let reached = 0;
  let distance = 0;
  for (const at of nearestFirst) {
    if (reached >= mass * total) break;
    reached += weights[at] as number;
    distance = distances[at] as number;
  }
  return distance;
}

/** Of the surprise of a probability, in nats. */
export function distanceFrom(entropy: number, probability: number): number {
  return Math.abs(-Math.log(probability) - entropy);
}
