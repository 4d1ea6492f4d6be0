import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";

interface Point {
  readonly step: number;
  readonly reward: number;
  readonly format: number;
  readonly accuracy: number;
  readonly thinkingTokens: number;
}

/** models/training/rewards.py: what the form earns beside 1 for a right result. */
const FORMAT_WEIGHT = 0.1;

test("the curves of tiny-zero add up: a result counts only in its form, and the reward is made of both", () => {
  const text = readFileSync(inRepository("models", "tiny-zero", "curves.json"), "utf8");
  const { training, heldOut } = JSON.parse(text) as Record<"training" | "heldOut", Point[]>;
  assert.ok(training.length >= 100 && heldOut.length >= 6);
  assert.deepEqual(
    training.map(({ step }) => step),
    training.map((_, index) => index),
  );
  for (const { step, reward, format, accuracy, thinkingTokens } of [...training, ...heldOut]) {
    assert.ok(Math.abs(reward - accuracy - FORMAT_WEIGHT * format) < 2e-4, `step ${step}`);
    assert.ok(accuracy <= format && format <= 1 && thinkingTokens >= 0, `step ${step}`);
  }
});
