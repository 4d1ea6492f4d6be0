import assert from "node:assert/strict";
import type { RowsMethod } from "./rowsTests.ts";

const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** `model.topK` on rows of all kinds. */
export const TOP_K_ROWS: RowsMethod = {
  name: "topK",
  operator: "topKRows",
  widths: [1, 2, 5, 15, 16, 17, 255, 256, 16384],
  kinds: (width, next) => [
    () => 8 * next(),
    () => Math.round(2 * next()), // ties, and 0 and -0
    (i) => i,
    (i) => -i,
    () => 7,
    () => Number.NaN,
    (i) => (i % 3 === 0 ? Number.NaN : next()),
    (i) => (i === width - 1 ? next() : Number.NaN),
    (i) => [low, high, next(), Number.NaN][i % 4] as number,
    (i) => (i % 2 === 0 ? 0 : -0),
  ],
  calls: (width) =>
    [...new Set([width, 1, 2, 5, 31, 64])]
      .filter((k) => k <= width)
      .map((k) => ({
        what: `top ${k}`,
        of: (model, x, axis, options) => model.topK(x, k, axis, options),
        own: (x, axis) => x.topK(k, axis),
      })),
  async refuses(model, x) {
    await assert.rejects(model.topK(x, 1, "S"), { code: "ERR_SHAPE", message: /^topK: / });
    for (const k of [0, 257, 1.5])
      await assert.rejects(model.topK(x, k), {
        code: "ERR_RANGE",
        message: /^topK: expected a whole number from 1 to 256, .* got /,
      });
  },
};
