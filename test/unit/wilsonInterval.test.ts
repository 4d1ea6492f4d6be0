import assert from "node:assert/strict";
import { test } from "node:test";
import { wilsonInterval } from "../../engine/vote/wilsonInterval.ts";

/** As scipy 1.17 gives them: binomtest(k, n).proportion_ci(0.95, "wilson"). */
const BY_SCIPY: readonly (readonly [number, number, number, number])[] = [
  [0, 100, 0, 0.036993],
  [50, 100, 0.403832, 0.596168],
  [99, 100, 0.945514, 0.998233],
  [1, 3, 0.061492, 0.79234],
];

test("Wilson's interval is that of scipy", () => {
  for (const [hits, n, low, high] of BY_SCIPY) {
    const interval = wilsonInterval(hits, n);
    assert.ok(Math.abs(interval.low - low) < 1e-6, `${hits} of ${n}: ${interval.low}`);
    assert.ok(Math.abs(interval.high - high) < 1e-6, `${hits} of ${n}: ${interval.high}`);
  }
  assert.deepEqual(wilsonInterval(0, 0), { low: 0, high: 1 });
});
