import { dot } from "../../tensor/dot.ts";
import { addAll, addScaled } from "../linear.ts";
import { addAt, at, type Floats, gradientOf, isZero, type OperatorVjp } from "../vjp.ts";
import { editGradient } from "./edit.ts";
import { forEachQuery, kvHead, sinksOf, softmaxGradient, softmaxOf } from "./scoring.ts";

/* Attention that edits have taken apart: maps (T, H, context) between the operators. */

/** Scores, or with `lse` their softmax: the sum that lse is of changes with the scores, which are a site then, read by nobody. */
export const attentionScores: OperatorVjp<"attentionScores"> = {
  inputs: ["q", "k"],
  reads: ["q", "k", "selection", "temperatures", "lse"],
  sites: ({ lse, out }) =>
    lse === null ? [] : [out.name.replace(/\.pattern_unedited$/, ".hook_attn_scores")],
  backward(op, context) {
    const gradient = gradientOf(context, op.out);
    const lse = op.lse && context.floats(op.lse);
    const { nHeads } = op;
    const { start, nTokens } = context;
    const nKeys = start + nTokens;
    const width = gradient.length / (nTokens * nHeads);
    const [ofSite] = (attentionScores.sites?.(op) ?? []).map((site) =>
      context.intoSite(site, nHeads * nTokens * nKeys),
    );
    forEachQuery(op, context, ({ t, head, keys, scores, addScoreGradient }) => {
      const row = (t * nHeads + head) * width;
      const ofMap = Float64Array.from(keys, (key) => at(gradient, row + key));
      if (lse === null) return addScoreGradient(ofMap);
      const sum = at(lse, t * nHeads + head);
      const pattern = scores.map((score) =>
        sum === Number.NEGATIVE_INFINITY ? 0 : Math.exp(score - sum),
      );
      const ofScores = softmaxGradient(pattern, ofMap);
      if (ofSite)
        keys.forEach((key, i) => {
          ofSite[(head * nTokens + t) * nKeys + key] = at(ofScores, i);
        });
      addScoreGradient(ofScores);
    });
  },
};

/** Of edited scores; what was not edited has the same pattern, be it copied or computed. */
export const softmax: OperatorVjp<"softmax"> = {
  inputs: ["x"],
  reads: ["x"],
  async backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const sinks = await sinksOf(op, context);
    const [x, gradient] = [context.floats(op.x), gradientOf(context, op.out)];
    const [nHeads = 0, width = 0] = context.rowShape(op.x);
    for (let row = 0; row < context.nTokens * nHeads; row++) {
      const end = row * width + Math.floor(row / nHeads) + context.start + 1;
      const scores = Float64Array.from(x.subarray(row * width, end));
      const pattern = softmaxOf(scores, sinks && at(sinks, row % nHeads));
      const ofScores = softmaxGradient(pattern, gradient.subarray(row * width, end));
      addScaled(1, ofScores, 0, ofScores.length, into, row * width);
    }
  },
};

/** z = pattern V. Where nothing was edited z is a copy of attention's own, and the same product. */
export const mixValues: OperatorVjp<"mixValues"> = {
  inputs: ["pattern", "values"],
  reads: ["pattern", "values"],
  backward(op, context) {
    const gradient = gradientOf(context, op.out);
    const { nHeads, nKvHeads, dValue } = op;
    const [pattern, values] = [context.floats(op.pattern), context.floats(op.values)];
    const [ofPattern, ofValues] = [context.into(op.pattern), context.into(op.values)];
    const [, width = 0] = context.rowShape(op.pattern);
    const stride = context.rowShape(op.values).reduce((a, b) => a * b, 1) / nKvHeads;
    for (let t = 0; t < context.nTokens; t++)
      for (let head = 0; head < nHeads; head++) {
        const z = (t * nHeads + head) * dValue;
        if (isZero(gradient, z, z + dValue)) continue;
        for (let key = 0; key <= context.start + t; key++) {
          const cell = (t * nHeads + head) * width + key;
          const value = (key * nKvHeads + kvHead(op, head)) * stride;
          if (ofPattern !== null) addAt(ofPattern, cell, dot(gradient, z, values, value, dValue));
          if (ofValues !== null) addScaled(at(pattern, cell), gradient, z, dValue, ofValues, value);
        }
      }
  },
};

/** As of `edit`; a score of -inf is a key that is not seen, and passes nothing on. */
export const editMap: OperatorVjp<"editMap"> = {
  inputs: ["x"],
  reads: ["x", "rows", "values"],
  backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const [x, rows] = [context.floats(op.x), context.ints(op.rows)];
    const gradient = gradientOf(context, op.out);
    const values = op.values && context.floats(op.values);
    const [nHeads = 0, width = 0] = context.rowShape(op.x);
    const given = op.values ? (context.rowShape(op.values)[0] ?? 0) : width;
    const passed = gradient.slice();
    for (let t = 0; t < context.nTokens; t++) {
      const row = at(rows, t);
      if (row < 0) continue;
      const nCells = Math.min(context.start + t + 1, given);
      for (let head = op.headStart; head < op.headStart + op.headCount; head++) {
        const first = (t * nHeads + head) * width;
        const seen = (cell: number) => at(x, first + cell) > Number.NEGATIVE_INFINITY;
        const only = (from: Floats, o: number) =>
          Float64Array.from({ length: nCells }, (_, cell) => (seen(cell) ? at(from, o + cell) : 0));
        const v = values && only(values, row * given);
        passed.set(editGradient(op, v, only(gradient, first)), first);
      }
    }
    addAll(passed, into);
  },
};
