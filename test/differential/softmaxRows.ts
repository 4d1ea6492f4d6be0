import assert from "node:assert/strict";
import type { RowsMethod } from "./rowsTests.ts";

const LARGE = 3.4e38;
const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** `model.softmax` and `model.logSoftmax` on rows of all kinds. */
export const SOFTMAX_ROWS: RowsMethod = {
  name: "softmax",
  operator: "softmaxRows",
  widths: [1, 2, 3, 5, 255, 256, 16384],
  kinds: (width, next) => [
    () => 8 * next(),
    () => Math.round(2 * next()), // ties, and 0 and -0
    (i) => (i % 3 === 0 ? low : 40 * next()),
    () => 1000 * next(),
    () => LARGE * next(),
    () => low,
    (i) => (i === width >> 1 ? Number.NaN : next()),
    (i) => (i === width - 1 ? high : next()),
    (i) => (i === width - 1 ? next() : low),
    (i) => -745.2 + (i % 2) * 745.2,
  ],
  calls: () =>
    (["softmax", "logSoftmax"] as const).map((what) => ({
      what,
      of: (model, x, axis, options) => model[what](x, axis, options),
      own: (x, axis) => x[what](axis),
    })),
  async refuses(model, x) {
    await assert.rejects(model.softmax(x, "S"), { code: "ERR_SHAPE", message: /^softmax: / });
    await assert.rejects(model.logSoftmax(x, 2), { message: /^logSoftmax: / });
  },
};
