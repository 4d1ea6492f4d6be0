import assert from "node:assert/strict";
import { test } from "node:test";
import { klDivergence, logit, logitDifference, logProb } from "../../engine/index.ts";
import { metricLabel, metricsLabel } from "../../engine/sweep/measuredMetric.ts";

const TEXTS = [" cat", " dog", "\n"];
const tokenText = (id: number): string => TEXTS[id] ?? `<id ${id}>`;

test("metrics name tokens by their texts in quotes", () => {
  assert.equal(metricLabel(logitDifference(0, 1), tokenText), 'logit difference " cat" - " dog"');
  assert.equal(metricLabel(logit(2), tokenText), 'logit of "\\n"');
  assert.equal(metricLabel(logProb(7), tokenText), 'log probability of "<id 7>"');
  const other = { get: () => Promise.reject(new Error("nothing is read")) };
  assert.equal(metricLabel(klDivergence(other), tokenText), "KL divergence");
});

test("a metric of one's own has its label, else its name", () => {
  const largest = (row: ArrayLike<number>): number => Math.max(...Array.from(row));
  assert.equal(metricLabel(largest, tokenText), "largest");
  assert.equal(metricLabel(Object.assign(largest, { label: "the best" }), tokenText), "the best");
  const nameless = [() => 0][0] as () => number;
  assert.equal(metricLabel(nameless, tokenText), "metric");
});

test("a label of several pairs is that of all of them, or says that pairs have their own", () => {
  const same = [logit(0), logit(0)];
  assert.equal(metricsLabel(same, tokenText), 'logit of " cat"');
  const own = [logit(0), logit(1), logit(0)];
  assert.equal(metricsLabel(own, tokenText), 'logit of " cat", of other pairs their own');
});
